/**
 * The routes of a VirtualService as one proxy gets them on one port: what cannot change from request to request
 * (gateway, port, labels of the workload, names of clusters) is settled here, once
 * (Istio: pilot/pkg/networking/core/route/route.go, BuildHTTPRoutesForVirtualService and TranslateRoute).
 */
import type { Destination, HttpMatch, HttpRoute, VirtualService } from '../rules/model.ts';
import { outboundCluster, unknownBackend } from './cluster-name.ts';
import type { DecidedBy, ProxyIdentity, RouteHash } from './decision.ts';
import type { RouteHashes } from './hash.ts';
import {
  type HeaderPlan,
  onlyDestinationHeaders,
  routeHeaders,
  weightedDestinationHeaders,
} from './headers.ts';
import { type Condition, conditionsOf } from './match.ts';
import type { MeshService } from './mesh-service.ts';
import { type Location, redirectLocation } from './redirect.ts';
import { type PathRewrite, pathRewrite } from './rewrite.ts';
import { selects } from './visibility.ts';

/** One way out of a route. */
export interface WeightedCluster {
  cluster: string;
  weight: number;
  headers: HeaderPlan;
}

export type Action =
  | {
      type: 'forward';
      /** At least one; of one alone the weight does not count. */
      clusters: readonly [WeightedCluster, ...WeightedCluster[]];
      totalWeight: number;
      rewritePath?: PathRewrite;
      /** From `rewrite.authority`; it beats what headers set. */
      authority?: string;
      mirrors: readonly { cluster: string; percent: number }[];
      hash: RouteHash;
    }
  | { type: 'redirect'; status: number; location: Location; headers: HeaderPlan }
  | { type: 'direct'; by: DecidedBy; status: number; body: string; headers: HeaderPlan }
  | { type: 'blocked' };

/** One route of Envoy's: an entry of `http` with one of its `match` entries. */
export interface Route {
  /** As in Envoy's configuration: the rule's name, and after a dot the match's; empty where none was written. */
  name: string;
  /** Absent for Istio's own routes. */
  by?: DecidedBy;
  conditions: readonly Condition[];
  /** It matches every request. */
  takesAll: boolean;
  action: Action;
}

/** A match entry that this proxy does not get on this port, and why. */
export interface DroppedRoute {
  name: string;
  by: DecidedBy;
  dropped: string;
}

export interface RouteContext {
  proxy: ProxyIdentity;
  /** `mesh` at a sidecar; at a gateway the Gateway by which the VirtualService is bound. */
  gateway: string;
  port: number;
  /** The service that a destination without port means. */
  serviceAt: (host: string) => MeshService | undefined;
  clusterOfRoute: ReadonlyMap<string, string>;
  hashes: RouteHashes;
}

/**
 * The routes of `virtualService`, in order. They end with the first that matches every request: nothing behind it could
 * ever be reached.
 */
export function routesOf(virtualService: VirtualService, context: RouteContext): (Route | DroppedRoute)[] {
  const routes: (Route | DroppedRoute)[] = [];
  for (const route of virtualService.http) {
    const entries: readonly (HttpMatch | undefined)[] = route.match.length === 0 ? [undefined] : route.match;
    for (const match of entries) {
      const translated = translate(virtualService, route, match, context);
      routes.push(translated);
      if (!('dropped' in translated) && translated.takesAll) return routes;
    }
  }
  return routes;
}

/** Whether a match holds for every request (route.go, IsCatchAllRoute). */
function isCatchAll(match: HttpMatch | undefined): boolean {
  if (match === undefined) return true;
  const { uri } = match;
  const anyPath =
    uri === undefined ||
    (uri.type === 'prefix' && uri.value === '/') ||
    (uri.type === 'regex' && uri.value === '.*');
  const noOther =
    match.headers.size === 0 &&
    match.withoutHeaders.size === 0 &&
    match.queryParams.size === 0 &&
    !match.method &&
    !match.authority &&
    !match.scheme;
  return anyPath && noOther;
}

function translate(
  virtualService: VirtualService,
  route: HttpRoute,
  match: HttpMatch | undefined,
  context: RouteContext,
): Route | DroppedRoute {
  const name = match?.name ? `${route.name ?? ''}.${match.name}` : (route.name ?? '');
  const by = { virtualService, route, place: match?.place ?? route.place };
  const dropped = match && reasonToDrop(match, context);
  if (dropped !== undefined) return { name, by, dropped };
  return {
    name,
    by,
    conditions: match ? conditionsOf(match) : [],
    takesAll: isCatchAll(match),
    action: actionOf(name, by, match, context),
  };
}

/** Conditions on the proxy itself. Where `gateways` is written, sourceLabels and sourceNamespace do not count. */
function reasonToDrop(match: HttpMatch, { proxy, gateway, port }: RouteContext): string | undefined {
  if (match.port !== undefined && match.port !== port) return `for port ${match.port}, not ${port}`;
  if (match.gateways !== undefined && match.gateways.length > 0) {
    return match.gateways.includes(gateway)
      ? undefined
      : `for gateways ${match.gateways.join(', ')}, not ${gateway}`;
  }
  if (!selects(match.sourceLabels, proxy.labels)) {
    const wanted = Object.entries(match.sourceLabels).map(([label, value]) => `${label}=${value}`);
    return `for callers with labels ${wanted.join(', ')}, which ${proxy.name} does not have`;
  }
  if (match.sourceNamespace && match.sourceNamespace !== proxy.namespace) {
    return `for callers in namespace ${match.sourceNamespace}, not ${proxy.namespace}`;
  }
  return undefined;
}

function actionOf(name: string, by: DecidedBy, match: HttpMatch | undefined, context: RouteContext): Action {
  const { route } = by;
  const replacement = context.clusterOfRoute.get(name);
  switch (route.action.type) {
    case 'route':
      return forward(by, match, { destinations: route.action.destinations, replacement }, context);
    case 'redirect': {
      // A patch that merges a cluster into a redirect turns it into a route: Envoy has one action a route.
      if (replacement !== undefined) return forward(by, match, { destinations: [], replacement }, context);
      const { redirect } = route.action;
      const location = redirectLocation(redirect, match?.uri, context.port);
      return { type: 'redirect', status: redirect.status, location, headers: routeHeaders(route.headers) };
    }
    case 'directResponse': {
      if (replacement !== undefined) return forward(by, match, { destinations: [], replacement }, context);
      const { status, body } = route.action.directResponse;
      return { type: 'direct', by, status, body, headers: routeHeaders(route.headers) };
    }
  }
}

interface Goal {
  destinations: readonly { destination: Destination; weight: number; headers: HttpRoute['headers'] }[];
  /** The cluster that a patch puts in their place. */
  replacement: string | undefined;
}

function forward(
  { route }: DecidedBy,
  match: HttpMatch | undefined,
  goal: Goal,
  context: RouteContext,
): Action {
  const rewritePath = pathRewrite(route.rewrite, match?.uri);
  const clusters = weightedClusters(route, goal, context);
  return {
    type: 'forward',
    clusters,
    totalWeight: clusters.reduce((sum, { weight }) => sum + weight, 0),
    ...(rewritePath && { rewritePath }),
    ...(route.rewrite?.authority && { authority: route.rewrite.authority }),
    mirrors: route.mirrors
      .filter(({ percent }) => percent > 0)
      .map(({ destination, percent }) => ({ cluster: clusterFor(destination, context), percent })),
    hash: hashOf(goal.destinations, context),
  };
}

/** Each destination of a split adds what it hashes. Only a route without split has its retries keep their endpoint. */
function hashOf(
  destinations: readonly { destination: Destination; weight: number }[],
  { hashes }: RouteContext,
): RouteHash {
  const isSplit = destinations.length > 1;
  const by = destinations
    .filter(({ weight }) => !isSplit || weight > 0)
    .flatMap(({ destination }) => hashes.ofDestination(destination) ?? []);
  return { by, keepsEndpoint: !isSplit && by.length > 0 };
}

function weightedClusters(
  route: HttpRoute,
  { destinations, replacement }: Goal,
  context: RouteContext,
): [WeightedCluster, ...WeightedCluster[]] {
  const [only, second] = destinations;
  if (only !== undefined && second === undefined) {
    const cluster = replacement ?? clusterFor(only.destination, context);
    return [{ cluster, weight: 1, headers: onlyDestinationHeaders(route.headers, only.headers) }];
  }
  // Merged into a split, the patch takes the place of the whole split, headers of its destinations included.
  if (replacement !== undefined) {
    return [{ cluster: replacement, weight: 1, headers: routeHeaders(route.headers) }];
  }
  const [first, ...others] = destinations
    .filter(({ weight }) => weight > 0)
    .map(({ destination, weight, headers }) => ({
      cluster: clusterFor(destination, context),
      weight,
      headers: weightedDestinationHeaders(route.headers, headers),
    }));
  if (first === undefined) {
    // Validation refuses it, in Istio and in mesh/rules.
    throw new RangeError(`${route.place.file}:${route.place.line}: the weights of a route add up to 0`);
  }
  return [first, ...others];
}

/** A destination without port means the only port of its service, else the port of the listener (GetDestinationCluster). */
function clusterFor(
  { host, port, subset }: Destination,
  { serviceAt, port: listenerPort }: RouteContext,
): string {
  // A backend of an HTTPRoute that is not there (GetDestinationCluster).
  if (host === '') return unknownBackend;
  const ports = serviceAt(host)?.ports ?? [];
  const [only] = ports.length === 1 ? ports : [];
  return outboundCluster(port ?? only?.number ?? listenerPort, subset, host);
}
