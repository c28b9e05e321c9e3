/** One hop of a request, without sending it: what the rules of the caller's proxy decide, what it does, who answers. */
import { isGrpc } from '../mesh/proxy/grpc.ts';
import * as replies from '../mesh/proxy/local-reply.ts';
import { planFor, type RoutePlan } from '../mesh/proxy/route-plan.ts';
import type { View } from '../mesh/remarks/views.ts';
import { passthroughCluster } from '../mesh/routing/cluster-name.ts';
import type { Decision, ForwardDecision, RequestHead } from '../mesh/routing/decision.ts';
import { type Explanation, explain } from '../mesh/routing/explain.ts';
import type { RouteTable } from '../mesh/routing/table.ts';
import { grpcStatusNames, grpcStatusOf } from '../mesh/rules/grpc-status.ts';
import type { HashBy } from '../mesh/rules/model.ts';
import { nobodyReady, noSuchCluster, noVirtualHost, unknownToSidecar } from './causes.ts';
import { type Answerer, servingOf } from './serving.ts';

/** One of the ways in which a hop may end. */
export interface Ending {
  /** Share of the requests, in percent. */
  percent: number;
  /** Several where the load balancer chooses; none where the proxy answers by itself. */
  answerers: readonly Answerer[];
  /** What the proxy answers by itself, and why; or what to know of who answers. */
  outcome?: string;
  /** Absent where an injected fault or a rule answers. */
  way?: Way;
}

/** A destination of the route that decided. */
export interface Way {
  decision: ForwardDecision;
  /** Members of the fallback's cluster with nobody ready, which it passes over. */
  passed: readonly string[];
  retries: RoutePlan['retry'];
  /** What the load balancer hashes; empty where it does not. */
  hash: readonly HashBy[];
}

/** What one proxy does with a request. */
export interface ProxyHop {
  explanation: Explanation;
  plan: RoutePlan;
  endings: readonly Ending[];
}

/** A proxy that is asked: what it decides by, and what it sees. */
export interface Asked {
  table: RouteTable;
  view: View;
}

/**
 * Explains one hop.
 * @param address where the client's connection is meant to go, where that is not what Host says
 * @param how `foresee` leaves out the candidates
 */
export function hopAt(
  asked: Asked,
  head: RequestHead,
  address = head.authority,
  how: typeof explain = explain,
): ProxyHop {
  const explanation = how(asked.table, head);
  const plan = planFor(explanation.decision);
  const abort = plan.fault?.abort;
  const share = abort?.percent ?? 0;
  const endings = endingsOf(asked, explanation, plan, address)
    .map((ending) => ({ ...ending, percent: (ending.percent * (100 - share)) / 100 }))
    .filter(({ percent }) => percent > 0);
  if (abort === undefined || share === 0) return { explanation, plan, endings };
  const outcome = said(head, replies.faultAbort(abort));
  return { explanation, plan, endings: [{ percent: share, outcome, answerers: [] }, ...endings] };
}

/** As if no fault were injected. */
function endingsOf(asked: Asked, explanation: Explanation, plan: RoutePlan, address: string): Ending[] {
  const { decision, destinations } = explanation;
  if (decision.type !== 'forward') {
    return [{ percent: 100, outcome: ownAnswer(asked, explanation, decision), answerers: [] }];
  }
  return destinations
    .filter(({ percent }) => percent > 0)
    .map(({ percent, ...destination }) => ({
      percent,
      ...endingAt(asked, explanation.head, { ...destination, plan }, address),
    }));
}

function endingAt(
  { table, view }: Asked,
  head: RequestHead,
  { cluster: name, decision, plan }: { cluster: string; decision: ForwardDecision; plan: RoutePlan },
  address: string,
): Omit<Ending, 'percent'> {
  const { answerers, looked, cluster } = servingOf(table, name, address);
  const named = table.clusters.get(name);
  const retryAtNext = named?.type === 'aggregate' ? named.retryAtNext : undefined;
  const way: Way = {
    decision,
    passed: answerers.length > 0 ? looked.slice(0, -1) : [],
    retries: retryAtNext ? plan.retry.merged(retryAtNext) : plan.retry,
    hash: cluster?.policy.loadBalancer?.type === 'consistentHash' ? decision.hash.by : [],
  };
  if (name === passthroughCluster) return { answerers, way, outcome: unknownToSidecar(view, head) };
  if (answerers.length > 0) return { answerers, way };
  const outcome = cluster
    ? said(head, replies.noHealthyUpstream, nobodyReady(view, table, looked))
    : said(
        head,
        { ...replies.unknownCluster(decision.by), body: 'no such cluster' },
        noSuchCluster(view, name),
      );
  return { answerers, way, outcome };
}

/** What the proxy answers by itself, in words. */
function ownAnswer(
  { table, view }: Asked,
  { head, virtualHosts }: Explanation,
  decision: Exclude<Decision, { type: 'forward' }>,
): string {
  switch (decision.type) {
    case 'badPath':
      return said(
        head,
        { ...replies.badPath, body: 'a path with %00' },
        'refused before any rule is looked at',
      );
    case 'noRoute': {
      const taken = virtualHosts.some(({ matched }) => matched);
      const cause = taken
        ? 'none of its routes takes this request, and Istio adds no default'
        : noVirtualHost(view, table, head);
      return said(head, { ...replies.noRoute, body: 'no route' }, cause);
    }
    case 'blocked':
      return said(head, { ...replies.blockedEgress, body: 'REGISTRY_ONLY' }, unknownToSidecar(view, head));
    case 'redirect':
      return said(head, { status: decision.status, body: `redirect to ${decision.location}` });
    case 'direct':
      return `${said(head, { status: decision.status, body: decision.body || 'an empty answer' })} (directResponse)`;
  }
}

/** `503: no healthy upstream (UH): subset "v9" is not in DestinationRule b (has: v1)`; to gRPC, which gets 200, its own status. */
function said(
  head: RequestHead,
  { status, grpcStatus, body, flag }: Pick<replies.LocalReply, 'status' | 'grpcStatus' | 'body' | 'flag'>,
  cause = '',
): string {
  if (isGrpc(head.headers['content-type']?.toString())) {
    const code = grpcStatus ?? grpcStatusOf(status);
    const inGrpc = `grpc-status ${code} (${grpcStatusNames[code]})`;
    return `${inGrpc}: ${body.trim()}${flag ? ` (${flag})` : ''}${cause ? `: ${cause}` : ''}`;
  }
  return `${status}: ${body.trim()}${flag ? ` (${flag})` : ''}${cause ? `: ${cause}` : ''}`;
}
