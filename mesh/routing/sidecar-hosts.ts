/**
 * The virtual hosts of a sidecar: on each port the services that have it, with the routes of their VirtualService or
 * Istio's default route (Istio: pilot/pkg/networking/core/httproute.go, BuildSidecarOutboundVirtualHosts).
 */
import { hostsOverlap } from '../rules/hosts.ts';
import type { HashBy, RuleSet, VirtualService } from '../rules/model.ts';
import { outboundCluster, passthroughCluster } from './cluster-name.ts';
import type { ProxyIdentity } from './decision.ts';
import { fallbacksFor } from './fallback.ts';
import { RouteHashes } from './hash.ts';
import { isWildcard, mostSpecificHost, serviceDomains } from './hosts.ts';
import type { MeshService } from './mesh-service.ts';
import { type Action, type DroppedRoute, type Route, routesOf } from './routes.ts';
import type { KnownServices } from './services.ts';
import { isLive, type PortRoutes, portRoutes, type VirtualHost, virtualHost } from './virtual-host.ts';
import { visibleTo } from './visibility.ts';

/** What a sidecar does with a host that nobody knows (meshConfig.outboundTrafficPolicy). */
export type OutboundTrafficPolicy = 'ALLOW_ANY' | 'REGISTRY_ONLY';

/** The port on which a VirtualService steers hosts that no service has. */
const plainHttp = 80;

export function sidecarPorts(
  rules: RuleSet,
  services: KnownServices,
  proxy: ProxyIdentity,
  policy: OutboundTrafficPolicy,
): { ports: Map<number, PortRoutes>; otherPorts: PortRoutes } {
  const virtualServices = visibleTo(proxy, rules.virtualServices).filter(({ gateways }) =>
    gateways.includes('mesh'),
  );
  const builder = new SidecarHosts(proxy, services, virtualServices, rules);
  const served = services.listed.flatMap(({ ports }) => ports.map(({ number }) => number));
  const numbers = new Set([plainHttp, ...served]);
  const catchAll = catchAllHost(policy);
  return {
    ports: new Map(
      [...numbers]
        .sort((a, b) => a - b)
        .map((port) => [port, portRoutes([...builder.onPort(port), catchAll])]),
    ),
    otherPorts: portRoutes([catchAll]),
  };
}

class SidecarHosts {
  readonly #proxy: ProxyIdentity;
  readonly #services: readonly MeshService[];
  readonly #virtualServices: readonly VirtualService[];
  readonly #clusterOfRoute: ReadonlyMap<string, string>;
  readonly #hashes: RouteHashes;
  /** Service -> the VirtualService that steers it: by its name before by a wildcard, then the first. */
  readonly #steeredBy = new Map<string, VirtualService>();

  constructor(
    proxy: ProxyIdentity,
    services: KnownServices,
    virtualServices: readonly VirtualService[],
    rules: RuleSet,
  ) {
    this.#proxy = proxy;
    this.#services = services.listed;
    this.#hashes = new RouteHashes(services.byHost, rules, proxy);
    this.#virtualServices = virtualServices;
    this.#clusterOfRoute = fallbacksFor(proxy, rules.fallbackFilters).clusterOfRoute;
    const firstOfHost = new Map<string, VirtualService>();
    for (const virtualService of virtualServices) {
      for (const host of virtualService.hosts) {
        if (!firstOfHost.has(host)) firstOfHost.set(host, virtualService);
      }
    }
    for (const { host } of services.listed) {
      const steering = firstOfHost.get(mostSpecificHost(host, firstOfHost) ?? '');
      if (steering) this.#steeredBy.set(host, steering);
    }
  }

  /** The virtual hosts on one port, VirtualServices before default routes; of two for one host the first counts. */
  onPort(port: number): VirtualHost[] {
    // Only this port of each service: a destination without port, on another service, is looked up here too.
    const services = new Map(
      this.#services.flatMap((service) => {
        const ports = service.ports.filter(({ number }) => number === port);
        const host = service.host.toLowerCase();
        return ports.length === 0 ? [] : [[host, { ...service, host, ports }] as const];
      }),
    );
    const taken = new Set<string>();
    const hosts: VirtualHost[] = [];
    const add = (name: string, domains: readonly string[], routes: readonly (Route | DroppedRoute)[]) => {
      const free = domains.filter((domain) => !taken.has(domain));
      for (const domain of free) taken.add(domain);
      if (free.length > 0) hosts.push(virtualHost(`${name}:${port}`, free, routes));
    };
    const unsteered = new Set(services.keys());
    for (const virtualService of this.#virtualServices) {
      const { steered, others } = this.#hostsSteered(virtualService, services);
      // HTTPRoutes of the service's namespace are for all callers, others for those of their own namespace.
      if (virtualService.ofGatewayApi && !this.#heeds(virtualService, steered, services)) continue;
      if (steered.length === 0 && (port !== plainHttp || others.length === 0)) continue;
      const routes = routesOf(virtualService, {
        proxy: this.#proxy,
        gateway: 'mesh',
        port,
        serviceAt: (host) => services.get(host),
        clusterOfRoute: this.#clusterOfRoute,
        hashes: this.#hashes,
      });
      // A VirtualService with no route for this proxy leaves the host to the next one, or to the default.
      if (!routes.some(isLive)) continue;
      for (const host of others) add(host, [host], routes);
      for (const host of steered) {
        unsteered.delete(host);
        add(host, serviceDomains(host, this.#proxy.namespace), routes);
      }
    }
    for (const host of unsteered) {
      add(host, serviceDomains(host, this.#proxy.namespace), [
        defaultRoute(outboundCluster(port, undefined, host), this.#hashes.ofService(host, port)),
      ]);
    }
    return hosts;
  }

  /** Of HTTPRoutes for one service. */
  #heeds(
    { namespace }: VirtualService,
    [host = '']: readonly string[],
    services: ReadonlyMap<string, MeshService>,
  ): boolean {
    const service = services.get(host);
    return service !== undefined && [service.namespace, this.#proxy.namespace].includes(namespace);
  }

  /** Which services on this port a VirtualService steers, and which of its hosts no service has. */
  #hostsSteered(
    virtualService: VirtualService,
    services: ReadonlyMap<string, MeshService>,
  ): { steered: string[]; others: string[] } {
    const steered: string[] = [];
    const others: string[] = [];
    for (const host of hostsOf(virtualService)) {
      if (!isWildcard(host)) {
        (services.has(host) ? steered : others).push(host);
        continue;
      }
      const covered = [...services.keys()].filter((service) => hostsOverlap(service, host));
      if (covered.length === 0) others.push(host);
      steered.push(...covered.filter((service) => this.#steeredBy.get(service) === virtualService));
    }
    return { steered, others };
  }
}

function hostsOf({ hosts }: VirtualService): string[] {
  return hosts.map((host) => host.toLowerCase());
}

function defaultRoute(cluster: string, hashBy: HashBy | undefined): Route {
  return { name: 'default', conditions: [], takesAll: true, action: toCluster(cluster, hashBy) };
}

/** What a sidecar does with hosts that it does not know (httproute.go, buildCatchAllVirtualHost). */
function catchAllHost(policy: OutboundTrafficPolicy): VirtualHost {
  const name = policy === 'ALLOW_ANY' ? 'allow_any' : 'block_all';
  const action: Action = policy === 'ALLOW_ANY' ? toCluster(passthroughCluster) : { type: 'blocked' };
  return virtualHost(name, ['*'], [{ name, conditions: [], takesAll: true, action }]);
}

function toCluster(cluster: string, hashBy?: HashBy): Action {
  const clusters = [{ cluster, weight: 1, headers: { request: [], response: [] } }] as const;
  const hash = { by: hashBy ? [hashBy] : [], keepsEndpoint: false };
  return { type: 'forward', clusters, totalWeight: 1, mirrors: [], hash };
}
