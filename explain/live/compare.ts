/** Whether the caller's Envoy has what the rules say: its own routes and clusters, beside those worked out here. */

import { routesFor } from '../../mesh/routing/decide.ts';
import type { RequestHead } from '../../mesh/routing/decision.ts';
import { HostIndex, hostOf } from '../../mesh/routing/hosts.ts';
import type { Action } from '../../mesh/routing/routes.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import { isLive } from '../../mesh/routing/virtual-host.ts';

/** Envoy's /config_dump?resource=dynamic_route_configs, as far as it is read here. */
export interface RouteDump {
  configs?: { last_updated?: string; route_config?: EnvoyRoutes }[];
}

interface EnvoyRoutes {
  name?: string;
  virtual_hosts?: { name?: string; domains?: string[]; routes?: EnvoyRoute[] }[];
}

interface EnvoyRoute {
  name?: string;
  route?: { cluster?: string; weighted_clusters?: { clusters?: { name?: string; weight?: number }[] } };
  redirect?: unknown;
  direct_response?: { status?: number };
}

/** Envoy's /config_dump?resource=dynamic_active_clusters&mask=… */
export interface ClusterDump {
  configs?: { cluster?: { name?: string } }[];
}

export type Comparison =
  | { verdict: 'same'; since?: string }
  /** A rule is younger than the routes. */
  | { verdict: 'behind'; since?: string; differences: readonly string[]; changed: string }
  /** Either this is wrong or istiod is. */
  | { verdict: 'different'; since?: string; differences: readonly string[] };

/**
 * @param dump what Envoy has; `listening`: its ports behind the one of the Service that is asked, where they differ
 * @param way `clusters`: those that the request may go to, which Envoy has to have; `changes`: when the rules on the way
 * were last changed, `VirtualService shop/api` -> ISO time
 */
export function compareWithEnvoy(
  table: RouteTable,
  head: RequestHead,
  dump: { routes: RouteDump; clusters: ClusterDump; listening?: readonly number[] },
  way: { clusters: readonly string[]; changes: ReadonlyMap<string, string> },
): Comparison {
  const { clusters, changes } = way;
  // What goes to ports that no service has is led on by the listener itself.
  if (table.proxy.type === 'sidecar' && !table.ports.has(head.port)) return { verdict: 'same' };
  const { config, since } = routesOfPort(dump.routes, table, head, dump.listening ?? []);
  const here = routesHere(table, head);
  const there = routesThere(config, head);
  const active = new Set((dump.clusters.configs ?? []).map(({ cluster }) => cluster?.name));
  const missing = clusters.filter((name) => table.clusters.has(name) && !active.has(name));
  const differences = [
    ...differencesOf(here, there),
    ...missing.map((name) => `Envoy has no cluster ${name}`),
  ];
  if (differences.length === 0) return { verdict: 'same', ...(since && { since }) };
  const [changed] = [...changes].filter(
    ([, time]) => since !== undefined && Date.parse(time) > Date.parse(since),
  );
  if (changed) {
    const [rule, time] = changed;
    return {
      verdict: 'behind',
      ...(since && { since }),
      differences,
      changed: `${rule} was changed at ${time}`,
    };
  }
  return { verdict: 'different', ...(since && { since }), differences };
}

/** A sidecar has one for each port, or for a port of one service that is sniffed; a gateway one for each server. */
function routesOfPort(
  { configs = [] }: RouteDump,
  { proxy }: RouteTable,
  { port, authority }: RequestHead,
  listening: readonly number[],
): { config?: EnvoyRoutes; since?: string } {
  const host = hostOf(authority);
  const ports = listening.length > 0 ? listening : [port];
  const isMeant = ({ name = '', virtual_hosts = [] }: EnvoyRoutes) =>
    proxy.type === 'gateway'
      ? ports.some((one) => name === `http.${one}` || name.startsWith(`https.${one}.`))
      : name === String(port) ||
        (name.endsWith(`:${port}`) && virtual_hosts.some(({ domains = [] }) => domains.includes(host)));
  const found = configs.filter(({ route_config }) => route_config && isMeant(route_config));
  const own = found.find(({ route_config }) => route_config?.name?.includes(':')) ?? found[0];
  if (!own?.route_config) return {};
  return { config: own.route_config, ...(own.last_updated && { since: own.last_updated }) };
}

function routesHere(table: RouteTable, head: RequestHead): string[] {
  const host = routesFor(table, head)?.byHost.find(hostOf(head.authority));
  return (host?.routes ?? [])
    .filter(isLive)
    .map(({ name, action }) => `${name || '(no name)'} → ${words(action)}`);
}

function routesThere(config: EnvoyRoutes | undefined, { authority }: RequestHead): string[] {
  const hosts = (config?.virtual_hosts ?? []).map((value) => ({ domains: value.domains ?? [], value }));
  const found = new HostIndex(hosts).find(hostOf(authority));
  return (found?.routes ?? []).map(({ name, route, redirect, direct_response }) => {
    const weighted = route?.weighted_clusters?.clusters;
    const to = route?.cluster
      ? route.cluster
      : weighted
        ? shares(weighted.map(({ name = '', weight = 0 }) => ({ cluster: name, weight })))
        : redirect
          ? 'a redirect'
          : `answer ${direct_response?.status}`;
    return `${name || '(no name)'} → ${to}`;
  });
}

function words(action: Action): string {
  switch (action.type) {
    case 'forward':
      return action.clusters.length === 1 ? action.clusters[0].cluster : shares(action.clusters);
    case 'redirect':
      return 'a redirect';
    case 'direct':
      return `answer ${action.status}`;
    case 'blocked':
      return 'answer 502';
  }
}

function shares(clusters: readonly { cluster: string; weight: number }[]): string {
  return clusters.map(({ cluster, weight }) => `${weight} ${cluster}`).join(', ');
}

/** Route by route, in order: of those that differ both. */
function differencesOf(here: readonly string[], there: readonly string[]): string[] {
  const all = Array.from(
    { length: Math.max(here.length, there.length) },
    (_, i) => [here[i], there[i]] as const,
  );
  return all.flatMap(([mine, theirs], i) =>
    mine === theirs ? [] : [`route ${i + 1}: by the rules ${mine ?? 'none'}, in Envoy ${theirs ?? 'none'}`],
  );
}
