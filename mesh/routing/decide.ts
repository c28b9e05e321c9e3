/** The decision about one request: virtual host by authority, first route that matches, destination by weight. */
import type { Decision, RequestHead } from './decision.ts';
import { hostOf } from './hosts.ts';
import { withNormalPath } from './path.ts';
import { httpsLocation } from './redirect.ts';
import { RequestView } from './request.ts';
import type { Action, Route, WeightedCluster } from './routes.ts';
import type { RouteTable } from './table.ts';
import type { VirtualHost } from './virtual-host.ts';

/**
 * What the proxy of `table` does with a request. Pure but for `random` (from 0 up to, not including, 1), which is asked
 * for weights and for mirror percentages only. Never throws.
 */
export function decide(table: RouteTable, asSent: RequestHead, random: () => number): Decision {
  const head = withNormalPath(asSent);
  const host = virtualHostFor(table, head);
  if (host === undefined) return { type: 'noRoute' };
  if (host.httpsOnly && head.scheme === 'http') return toHttps(head);
  const route = host.index.first(new RequestView(head));
  return route === undefined ? { type: 'noRoute' } : carryOut(route, head, random);
}

/** The virtual host that answers for the request's authority, if any. */
export function virtualHostFor(table: RouteTable, head: RequestHead): VirtualHost | undefined {
  const port = table.ports.get(head.port) ?? table.otherPorts;
  return port?.byHost.find(hostOf(head.authority));
}

/** What a gateway's server with `httpsRedirect` answers. */
export function toHttps(head: RequestHead): Decision {
  return { type: 'redirect', status: 301, location: httpsLocation(head), responseHeaders: [] };
}

/** What `route`, having matched, does with the request. */
export function carryOut({ by, action }: Route, head: RequestHead, random: () => number): Decision {
  switch (action.type) {
    case 'forward': {
      const { cluster, headers } = pickByWeight(action, random);
      const newAuthority = action.authority ?? headers.authority;
      const authority = newAuthority ?? head.authority;
      return {
        type: 'forward',
        ...(by && { by }),
        cluster,
        path: action.rewritePath?.(head.path) ?? head.path,
        authority,
        rewrites: { path: action.rewritePath !== undefined, authority: newAuthority !== undefined },
        requestHeaders: headers.request,
        responseHeaders: headers.response,
        mirrors: mirrorsFor(action, head, authority, random),
        hash: action.hash,
      };
    }
    case 'redirect':
      return {
        type: 'redirect',
        ...(by && { by }),
        status: action.status,
        location: action.location(head),
        responseHeaders: action.headers.response,
      };
    case 'direct':
      return {
        type: 'direct',
        by: action.by,
        status: action.status,
        body: action.body,
        responseHeaders: action.headers.response,
      };
    case 'blocked':
      return { type: 'blocked' };
  }
}

type Forward = Extract<Action, { type: 'forward' }>;

function pickByWeight({ clusters, totalWeight }: Forward, random: () => number): WeightedCluster {
  if (clusters.length === 1) return clusters[0];
  let left = random() * totalWeight;
  for (const cluster of clusters) {
    left -= cluster.weight;
    if (left < 0) return cluster;
  }
  return clusters[0];
}

/**
 * Envoy decides on all mirrors by one number, and copies no CONNECT. Host stays as it is: Istio no longer adds
 * `-shadow` (DISABLE_SHADOW_HOST_SUFFIX).
 */
function mirrorsFor(
  { mirrors }: Forward,
  head: RequestHead,
  authority: string,
  random: () => number,
): { cluster: string; authority: string }[] {
  if (mirrors.length === 0 || head.method === 'CONNECT') return [];
  const percentile = mirrors.every(({ percent }) => percent >= 100) ? 0 : random() * 100;
  return mirrors.filter(({ percent }) => percentile < percent).map(({ cluster }) => ({ cluster, authority }));
}
