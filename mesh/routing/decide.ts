/** The decision about one request: virtual host by authority, first route that matches, destination by weight. */
import type { Decision, ForwardDecision, RequestHead } from './decision.ts';
import { hostOf } from './hosts.ts';
import { normalPath } from './path.ts';
import { httpsLocation } from './redirect.ts';
import { RequestView } from './request.ts';
import type { Action, Route, WeightedCluster } from './routes.ts';
import type { RouteTable } from './table.ts';
import type { PortRoutes, VirtualHost } from './virtual-host.ts';

/** Where the search for a route ends. `head` is the request as rules see it. */
export type Found = { head: RequestHead } /** Envoy refuses the path; `head` has it as it was sent. */ & (
  | { type: 'badPath' }
  | { type: 'noHost' }
  /** A gateway's server with `httpsRedirect`: no route is looked at. */
  | { type: 'toHttps'; host: VirtualHost }
  | { type: 'noRoute'; host: VirtualHost }
  | { type: 'route'; host: VirtualHost; route: Route }
);

/**
 * What the proxy of `table` does with a request. Pure but for `random` (from 0 up to, not including, 1), which is asked
 * for weights and for mirror percentages only. Never throws.
 */
export function decide(table: RouteTable, asSent: RequestHead, random: () => number): Decision {
  return decisionOn(find(table, asSent), random);
}

/** What comes of a search that has been made; see {@link decide}. */
export function decisionOn(found: Found, random: () => number): Decision {
  switch (found.type) {
    case 'badPath':
      return { type: 'badPath' };
    case 'noHost':
    case 'noRoute':
      return { type: 'noRoute' };
    case 'toHttps':
      return toHttps(found.head);
    case 'route':
      return carryOut(found.route, found.head, random);
  }
}

/** The one search that `decide` acts on and `explain` tells about. */
export function find(table: RouteTable, asSent: RequestHead): Found {
  const path = normalPath(asSent.path);
  if (path === undefined) return { type: 'badPath', head: asSent };
  const head = path === asSent.path ? asSent : { ...asSent, path };
  const host = routesFor(table, head)?.byHost.find(hostOf(head.authority));
  if (host === undefined) return { type: 'noHost', head };
  if (host.httpsOnly && head.scheme === 'http') return { type: 'toHttps', head, host };
  const route = host.index.first(new RequestView(head));
  return route === undefined ? { type: 'noRoute', head, host } : { type: 'route', head, host, route };
}

/** The virtual hosts of the port that the request is addressed to. */
export function routesFor({ ports, otherPorts }: RouteTable, { port }: RequestHead): PortRoutes | undefined {
  return ports.get(port) ?? otherPorts;
}

/** What a gateway's server with `httpsRedirect` answers. */
function toHttps(head: RequestHead): Decision {
  return { type: 'redirect', status: 301, location: httpsLocation(head), responseHeaders: [] };
}

/** What `route`, having matched, does with the request. */
function carryOut({ by, action }: Route, head: RequestHead, random: () => number): Decision {
  switch (action.type) {
    case 'forward':
      return forwardTo(pickByWeight(action, random), { by, action }, head, random);
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

/** What the proxy does with a request for which chance, or no choice, has taken this destination of its route. */
export function forwardTo(
  { cluster, headers }: WeightedCluster,
  { by, action }: { by: Route['by']; action: Forward },
  head: RequestHead,
  random: () => number,
): ForwardDecision {
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
