/** Follows a request through the lanes without sending it: at each proxy what its rules decide, and who answers then. */
import { COLOR_HEADER, parseColor } from '../carry/color.ts';
import { PROPAGATED_HEADERS } from '../carry/propagated-headers.ts';
import { calledBy } from '../lanes/graph.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { authorityFrom, registryAsWritten } from '../lanes/registry.ts';
import type { OutboundTrafficPolicy } from '../mesh/mesh.ts';
import { type Endpoint, fqdn, type Registry } from '../mesh/network/registry.ts';
import { changeHeaders } from '../mesh/proxy/headers.ts';
import type { Decision, ProxyIdentity, RequestHead } from '../mesh/routing/decision.ts';
import { type Explanation, explain } from '../mesh/routing/explain.ts';
import { buildTable, type RouteTable } from '../mesh/routing/table.ts';
import type { RuleSet } from '../mesh/rules/model.ts';

/** Who sends the first request. */
export type Caller =
  | { type: 'proxy'; proxy: ProxyIdentity }
  /** A pod without sidecar: no rule is asked. */
  | { type: 'plain'; name: string; namespace: string };

export interface Hop {
  caller: Caller;
  head: RequestHead;
  /** Absent without sidecar. */
  explanation?: Explanation;
  /** The versions that may answer; several where chance decides, none where the proxy answers or nobody does. */
  servedBy: readonly { service: LaneService; version: LaneVersion }[];
  /** In words: what happens, where it is not just one version that answers. */
  outcome?: string;
}

export interface World {
  lanes: Lanes;
  rules: RuleSet;
  outboundTrafficPolicy: OutboundTrafficPolicy;
}

/** All hops of a request, those of every version that may answer included, in the order in which they are made. */
export function walk(world: World, caller: Caller, head: RequestHead): Hop[] {
  const registry = registryAsWritten(world.lanes);
  const hops: Hop[] = [];
  const waiting: { caller: Caller; head: RequestHead }[] = [{ caller, head }];
  const asked = new Set<string>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const hop = hopOf(world, registry, next.caller, next.head);
    hops.push(hop);
    for (const { service, version } of hop.servedBy) {
      const proxy = sidecarOf(service, version);
      // Two ways may lead to one version; what it asks then is the same.
      if (asked.has(proxy.name)) continue;
      asked.add(proxy.name);
      for (const called of calledBy(world.lanes, service)) {
        waiting.push({ caller: { type: 'proxy', proxy }, head: nextHead(hop, service, version, called) });
      }
    }
  }
  return hops;
}

/** The sidecar beside a version. */
export function sidecarOf(service: LaneService, version: LaneVersion): ProxyIdentity {
  return {
    type: 'sidecar',
    name: `${service.name}/${version.name}`,
    namespace: service.namespace,
    labels: version.labels,
  };
}

function hopOf(world: World, registry: Registry, caller: Caller, head: RequestHead): Hop {
  if (caller.type === 'plain') return plainHop(world, registry, caller, head);
  const { outboundTrafficPolicy } = world;
  const table = buildTable(world.rules, registry, caller.proxy, { outboundTrafficPolicy });
  const explanation = explain(table, head);
  const endpoints = explanation.destinations
    .filter(({ percent }) => percent > 0)
    .flatMap(({ cluster }) => readyEndpoints(table, cluster));
  const servedBy = versionsOf(world.lanes, endpoints);
  const outcome = servedBy.length > 0 ? undefined : answerOfProxy(explanation.decision, table);
  return { caller, head, explanation, servedBy, outcome };
}

/** Without a sidecar the Service's address leads to any ready endpoint. */
function plainHop(
  world: World,
  registry: Registry,
  caller: Caller & { type: 'plain' },
  head: RequestHead,
): Hop {
  const host = head.authority.replace(/:\d+$/, '');
  const named = registry.services.find((service) =>
    [
      ...(service.namespace === caller.namespace ? [service.name] : []),
      `${service.name}.${service.namespace}`,
      `${service.name}.${service.namespace}.svc`,
      fqdn(service),
    ].includes(host),
  );
  const servedBy = versionsOf(world.lanes, named?.endpoints.filter(({ ready }) => ready) ?? []);
  const outcome = named
    ? servedBy.length > 0
      ? undefined
      : 'no endpoint is ready'
    : `no service is called ${host}`;
  return { caller, head, servedBy, outcome };
}

/** The endpoints of this cluster that may answer; of an aggregate, those of its first member that has any. */
function readyEndpoints(table: RouteTable, name: string): readonly Endpoint[] {
  const cluster = table.clusters.get(name);
  if (cluster?.type === 'endpoints') return cluster.endpoints.filter(({ ready }) => ready);
  if (cluster?.type !== 'aggregate') return [];
  return (
    cluster.members.map((member) => readyEndpoints(table, member)).find((ready) => ready.length > 0) ?? []
  );
}

function versionsOf(
  lanes: Lanes,
  endpoints: readonly Endpoint[],
): { service: LaneService; version: LaneVersion }[] {
  const labels = new Set(endpoints.map((endpoint) => endpoint.labels));
  return lanes.services.flatMap((service) =>
    service.versions.filter((version) => labels.has(version.labels)).map((version) => ({ service, version })),
  );
}

function answerOfProxy(decision: Decision, table: RouteTable): string {
  switch (decision.type) {
    case 'noRoute':
      return '404: no route (NR)';
    case 'blocked':
      return '502: this host is not in the registry (REGISTRY_ONLY)';
    case 'redirect':
      return `${decision.status}: redirect to ${decision.location}`;
    case 'direct':
      return `${decision.status}: ${decision.body || 'an empty answer'} (directResponse)`;
    case 'forward': {
      const cluster = table.clusters.get(decision.cluster);
      if (cluster === undefined)
        return '503: there is no such cluster (NC); a subset that no DestinationRule defines?';
      if (cluster.type === 'outside') return `leaves the mesh, for ${decision.authority}`;
      return '503: no healthy upstream (UH); nothing there is ready';
    }
  }
}

/** What the program behind the hop asks next: same method and path, and the headers that it carries on. */
function nextHead(hop: Hop, service: LaneService, version: LaneVersion, called: LaneService): RequestHead {
  const decision = hop.explanation?.decision;
  const forward = decision?.type === 'forward' ? decision : undefined;
  const lines = Object.entries(hop.head.headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((line) => [name, line]),
  );
  changeHeaders(lines, forward?.requestHeaders ?? []);
  const carried = [
    ...PROPAGATED_HEADERS,
    ...(version.env.PROPAGATE_HEADERS ?? '').toLowerCase().split(/\s*,\s*/),
  ];
  const headers: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 2) {
    const [name = '', value = ''] = lines.slice(i, i + 2);
    if (carried.includes(name)) headers[name] = headers[name] ? `${headers[name]}, ${value}` : value;
  }
  headers[COLOR_HEADER] = parseColor(headers[COLOR_HEADER]).color;
  return {
    method: hop.head.method,
    path: forward?.path ?? hop.head.path,
    authority: authorityFrom(service.namespace, called),
    scheme: 'http',
    port: called.port,
    headers,
  };
}
