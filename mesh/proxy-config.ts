/**
 * The four tables of a proxy as `istioctl proxy-config` prints them, with its columns: what is in force, not what was
 * written. Where the local mesh has no pods, an endpoint is told by its name instead of an address.
 */

import { blackHoleCluster, partsOfCluster, passthroughCluster } from './routing/cluster-name.ts';
import type { Cluster } from './routing/decision.ts';
import type { Route } from './routing/routes.ts';
import type { RouteTable } from './routing/table.ts';
import { isLive, type PortRoutes, type VirtualHost } from './routing/virtual-host.ts';

const tables = {
  listeners: { columns: ['ADDRESSES', 'PORT', 'MATCH', 'DESTINATION'], rows: listenerRows },
  routes: { columns: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'], rows: routeRows },
  clusters: {
    columns: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'],
    rows: clusterRows,
  },
  endpoints: { columns: ['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], rows: endpointRows },
};
export type ProxyConfigTable = keyof typeof tables;
export const proxyConfigTables = Object.keys(tables) as readonly ProxyConfigTable[];

/** One of the tables of a proxy, for people. */
export function printProxyConfig(table: RouteTable, name: ProxyConfigTable): string {
  const { columns, rows } = tables[name];
  const lines = [columns, ...rows(table)];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 5))
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}

/** A listener for each port: all HTTP here, and what is no HTTP goes to where it was addressed. */
function listenerRows({ proxy, ports, otherPorts }: RouteTable): string[][] {
  const isGateway = proxy.type === 'gateway';
  const listeners = [...ports.keys()].flatMap((port) => [
    ['0.0.0.0', `${port}`, isGateway ? 'ALL' : 'App: http/1.1', `Route: ${routeName(proxy.type, port)}`],
  ]);
  return otherPorts ? [...listeners, ['0.0.0.0', '15001', 'ALL', catchAllOf(otherPorts)]] : listeners;
}

function catchAllOf({ virtualHosts }: PortRoutes): string {
  const isOpen = virtualHosts.some((host) => host.routes.some(leadsOutside));
  return isOpen ? passthroughCluster : blackHoleCluster;
}

function routeName(type: 'gateway' | 'sidecar', port: number): string {
  return type === 'gateway' ? `http.${port}` : `${port}`;
}

function routeRows({ proxy, ports }: RouteTable): string[][] {
  return [...ports].flatMap(([port, { virtualHosts }]) => {
    if (virtualHosts.length === 0)
      return [[routeName(proxy.type, port), `blackhole:${port}`, '*', '/*', '404']];
    return virtualHosts.flatMap((host) => {
      const begin = [routeName(proxy.type, port), host.name, domainsInShort(host)];
      const live = host.routes.filter(isLive);
      if (live.length === 0) return [[...begin, '/*', '404']];
      // As istioctl, which leaves out the way to hosts that nobody knows.
      return live
        .filter((route) => !leadsOutside(route))
        .map((route) => [...begin, pathOf(route), virtualServiceOf(route)]);
    });
  });
}

function leadsOutside(route: VirtualHost['routes'][number]): boolean {
  return (
    isLive(route) &&
    route.action.type === 'forward' &&
    route.action.clusters.some(({ cluster }) => cluster === passthroughCluster)
  );
}

/** Two of them; not the longer forms of one that is there. */
function domainsInShort({ domains }: VirtualHost): string {
  const shortest = domains.filter((domain) => {
    const shorter = [/\.svc\.cluster\.local$/, /\.svc$/].map((end) => domain.replace(end, ''));
    return domains.length === 1 || !shorter.some((one) => one !== domain && domains.includes(one));
  });
  const more = shortest.length > 2 ? ` + ${shortest.length - 2} more...` : '';
  return `${shortest.slice(0, 2).join(', ')}${more}`;
}

/** Only the path: istioctl leaves out the other conditions too. */
function pathOf({ by }: Route): string {
  const match = by?.route.match.find(({ place }) => place === by.place);
  switch (match?.uri?.type) {
    case 'exact':
      return match.uri.value;
    case 'prefix':
    case 'pathPrefix':
      return `${match.uri.value}*`;
    case 'regex':
      return `regex ${match.uri.value}`;
    case undefined:
      return '/*';
  }
}

function virtualServiceOf({ by }: Route): string {
  return by ? `${by.virtualService.name}.${by.virtualService.namespace}` : '';
}

function clusterRows({ clusters }: RouteTable): string[][] {
  return sorted([...clusters.values()]).map((cluster) => {
    const parts = partsOfCluster(cluster.name);
    const type = discoveryOf(cluster);
    if (parts === undefined) return [cluster.name, '-', '-', '-', type, ''];
    const { host, port, subset, direction } = parts;
    const rule = cluster.type === 'aggregate' ? '' : (cluster.rule ?? '');
    return [host, `${port}`, subset ?? '-', direction, type, rule];
  });
}

/** Envoy's word for how a cluster comes to its endpoints. */
function discoveryOf(cluster: Cluster): string {
  if (cluster.type === 'endpoints') return cluster.name === blackHoleCluster ? 'STATIC' : 'EDS';
  if (cluster.type === 'aggregate') return 'STATIC';
  return cluster.address ? 'STRICT_DNS' : 'ORIGINAL_DST';
}

/** Those that are ready; whether a proxy has ejected one is known to that proxy alone. */
function endpointRows({ clusters }: RouteTable): string[][] {
  return sorted([...clusters.values()]).flatMap((cluster) =>
    endpointsOf(cluster).map((endpoint) => [endpoint, 'HEALTHY', '-', cluster.name]),
  );
}

/** What DNS has to resolve is told by its name as well. */
function endpointsOf(cluster: Cluster): string[] {
  if (cluster.type === 'endpoints')
    return cluster.endpoints.filter(({ ready }) => ready).map(({ name }) => name);
  if (cluster.type === 'outside' && cluster.address)
    return [`${cluster.address.host}:${cluster.address.port}`];
  return [];
}

/** By host, then port, then subset. */
function sorted(clusters: readonly Cluster[]): Cluster[] {
  const key = ({ name }: Cluster) => {
    const { host, port, subset = '' } = partsOfCluster(name) ?? { host: name, port: 0 };
    return `${host} ${String(port).padStart(5, '0')} ${subset}`;
  };
  return [...clusters].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
