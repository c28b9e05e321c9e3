/** A virtual host: the names by which it is called, and its routes in order. */
import { RouteIndex } from './header-index.ts';
import { HostIndex } from './hosts.ts';
import type { DroppedRoute, Route } from './routes.ts';

/** The virtual hosts of one listener: Envoy's route configuration. */
export interface PortRoutes {
  virtualHosts: readonly VirtualHost[];
  byHost: HostIndex<VirtualHost>;
}

export interface VirtualHost {
  /** As in Envoy's configuration: `service-b.coloring.svc.cluster.local:32000`, or Istio's name for a catch-all. */
  name: string;
  domains: readonly string[];
  /** All, with those that this proxy does not get: `explain` names them. */
  routes: readonly (Route | DroppedRoute)[];
  /** The routes that this proxy gets, as `decide` searches them. */
  index: RouteIndex<Route>;
  /** Requests by http are sent to https (a Gateway's `httpsRedirect`). */
  httpsOnly: boolean;
}

export function virtualHost(
  name: string,
  domains: readonly string[],
  routes: readonly (Route | DroppedRoute)[],
  httpsOnly = false,
): VirtualHost {
  const index = new RouteIndex(routes.filter(isLive));
  return { name, domains, routes, index, httpsOnly };
}

/** Whether the proxy gets this route. */
export function isLive(route: Route | DroppedRoute): route is Route {
  return !('dropped' in route);
}

export function portRoutes(virtualHosts: readonly VirtualHost[]): PortRoutes {
  const byHost = new HostIndex(virtualHosts.map((value) => ({ domains: value.domains, value })));
  return { virtualHosts, byHost };
}
