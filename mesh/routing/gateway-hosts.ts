/**
 * The virtual hosts of a gateway: on each port of its Gateways' servers the hosts that a server and a VirtualService
 * bound to that Gateway share (Istio: pilot/pkg/networking/core/gateway.go, buildGatewayHTTPRouteConfig).
 */
import type { Gateway, GatewayServer, RuleSet, VirtualService } from '../rules/model.ts';
import { inOrderOfCreation } from './creation-order.ts';
import type { ProxyIdentity } from './decision.ts';
import { fallbacksFor } from './fallback.ts';
import { RouteHashes } from './hash.ts';
import { intersectHosts } from './hosts.ts';
import { type DroppedRoute, type Route, routesOf } from './routes.ts';
import type { KnownServices } from './services.ts';
import { isLive, type PortRoutes, portRoutes, virtualHost } from './virtual-host.ts';
import { configures, visibleTo } from './visibility.ts';

interface Server {
  gateway: string;
  server: GatewayServer;
}

/** What gathers under one host before it becomes a virtual host. */
interface Gathered {
  routes: (Route | DroppedRoute)[];
  httpsOnly: boolean;
}

export function gatewayPorts(
  rules: RuleSet,
  services: KnownServices,
  proxy: ProxyIdentity,
): Map<number, PortRoutes> {
  const virtualServices = visibleTo(proxy, rules.virtualServices);
  const { clusterOfRoute } = fallbacksFor(proxy, rules.fallbackFilters);
  const hashes = new RouteHashes(services.byHost, rules, proxy);

  const ports = new Map<number, PortRoutes>();
  for (const [port, servers] of Map.groupBy(
    serversOf(rules.gateways, proxy),
    ({ server }) => server.port.number,
  )) {
    const hosts = new Map<string, Gathered>();
    const compiled = new Map<string, (Route | DroppedRoute)[]>();
    for (const { gateway, server } of servers) {
      for (const virtualService of virtualServices) {
        const shared = sharedHosts(server, virtualService, gateway);
        if (shared.length === 0) continue;
        const key = `${gateway} ${virtualService.namespace}/${virtualService.name}`;
        const routes =
          compiled.get(key) ??
          routesOf(virtualService, {
            proxy,
            gateway,
            port,
            serviceAt: (host) => services.at(host, virtualService.namespace),
            clusterOfRoute,
            hashes,
          });
        compiled.set(key, routes);
        if (!routes.some(isLive)) continue;
        for (const host of shared) gather(hosts, host, routes, server.httpsRedirect);
      }
      if (!server.httpsRedirect) continue;
      for (const { host, namespace } of server.hosts) {
        // Istio takes a host of one namespace with its namespace here, which hardly any request asks for.
        gather(hosts, (namespace === '*' ? host : `${namespace}/${host}`).toLowerCase(), [], true);
      }
    }
    ports.set(
      port,
      portRoutes(
        [...hosts].map(([host, { routes, httpsOnly }]) =>
          virtualHost(`${host}:${port}`, [host], catchAllLast(routes), httpsOnly),
        ),
      ),
    );
  }
  return ports;
}

/**
 * The servers that configure this gateway: those of the Gateways whose selector fits its pod's labels. Of two with
 * `tls` that share a host on a port the second is left out, with all its hosts (pilot/pkg/model/gateway.go, mergeGateways).
 */
function serversOf(gateways: readonly Gateway[], proxy: ProxyIdentity): Server[] {
  const taken = new Set<string>();
  return [...gateways]
    .sort(inOrderOfCreation)
    .filter((gateway) => configures(gateway, proxy))
    .flatMap(({ namespace, name, servers }) =>
      servers.map((server) => ({ gateway: `${namespace}/${name}`, server })),
    )
    .filter(({ server }) => {
      if (!server.hasTls) return true;
      const hosts = server.hosts.map((host) => `${server.port.number} ${host.namespace}/${host.host}`);
      if (hosts.some((host) => taken.has(host))) return false;
      for (const host of hosts) taken.add(host);
      return true;
    });
}

/** The hosts of a VirtualService that a server lets in, for those bound to its Gateway. */
function sharedHosts(server: GatewayServer, virtualService: VirtualService, gateway: string): string[] {
  if (!virtualService.gateways.includes(gateway)) return [];
  const allowed = server.hosts
    .filter(({ namespace }) => namespace === '*' || namespace === virtualService.namespace)
    .map(({ host }) => host);
  return intersectHosts(allowed, virtualService.hosts).map((host) => host.toLowerCase());
}

/** VirtualServices of one host merge on gateways: the routes of the later come behind those of the earlier. */
function gather(
  hosts: Map<string, Gathered>,
  host: string,
  routes: readonly (Route | DroppedRoute)[],
  httpsOnly: boolean,
): void {
  const gathered = hosts.get(host) ?? { routes: [], httpsOnly: false };
  gathered.routes.push(...routes);
  gathered.httpsOnly ||= httpsOnly;
  hosts.set(host, gathered);
}

/** Or the first VirtualService's default would hide the second's routes (route.go, SortVHostRoutes). */
function catchAllLast(routes: readonly (Route | DroppedRoute)[]): (Route | DroppedRoute)[] {
  const takesAll = (route: Route | DroppedRoute) => isLive(route) && route.takesAll;
  return [...routes.filter((route) => !takesAll(route)), ...routes.filter(takesAll)];
}
