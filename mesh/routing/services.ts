/** The services that one proxy knows: those of the registry and the hosts of ServiceEntries, in one form. */
import { protocolOf } from '../network/port-protocol.ts';
import { fqdn, type Registry, type Service } from '../network/registry.ts';
import type { RuleSet, ServiceEntry, VirtualService } from '../rules/model.ts';
import { inOrderOfCreation } from './creation-order.ts';
import type { ProxyIdentity, UpstreamProtocol } from './decision.ts';
import type { CandidateService, MeshService } from './mesh-service.ts';
import { canMerge, servicesOfEntries } from './service-entries.ts';
import { isExportedTo, isPublic, visibleTo } from './visibility.ts';

export class KnownServices {
  /** Those that the proxy has clusters for, by host. */
  readonly byHost: ReadonlyMap<string, MeshService>;
  /** Those that a sidecar has virtual hosts for; of one host several, where their ports add up. */
  readonly listed: readonly MeshService[];
  readonly #all: readonly CandidateService[];
  readonly #namespace: string;

  constructor(registry: Registry, rules: RuleSet, proxy: ProxyIdentity) {
    this.#all = candidates(registry, rules.serviceEntries, proxy.type);
    this.#namespace = proxy.namespace;
    const visible = this.#all.filter((service) => this.#sees(service));
    const ordered = [
      ...visible.filter((service) => !isPublic(service)),
      ...visible.filter((service) => isPublic(service)),
    ];
    const imported = proxy.type === 'sidecar' ? ofOneNamespaceEach(ordered, proxy.namespace) : ordered;
    const named = proxy.type === 'sidecar' ? this.#destinations(visibleTo(proxy, rules.virtualServices)) : [];
    this.listed = imported;
    this.byHost = merged([...imported, ...named]);
  }

  /** The service that a destination of a VirtualService in `namespace` means at a gateway: that of the namespace first. */
  at(host: string, namespace: string): MeshService | undefined {
    const own = this.#firstOf(host, namespace);
    return own && this.#sees(own) ? own : this.byHost.get(host);
  }

  #sees({ exportTo, namespace }: CandidateService): boolean {
    return isExportedTo(exportTo, namespace, this.#namespace);
  }

  /** Of several in one namespace Istio remembers one: the registry's, else the first. */
  #firstOf(host: string, namespace: string): CandidateService | undefined {
    const all = this.#all.filter((one) => one.host === host && one.namespace === namespace);
    return all.find(({ entry }) => entry === undefined) ?? all[0];
  }

  /**
   * Services of the proxy's own namespace that its routes lead to: it gets these whomever they are exported to
   * (pilot/pkg/model/sidecar.go, collectImportedServices).
   */
  #destinations(virtualServices: readonly VirtualService[]): CandidateService[] {
    return virtualServices
      .filter(({ gateways }) => gateways.includes('mesh'))
      .flatMap((virtualService) => [...portsByHost(virtualService, this.#namespace)])
      .flatMap(([host, numbers]) => {
        const own = this.#firstOf(host, this.#namespace);
        if (own === undefined || numbers.has(undefined)) return own ?? [];
        const ports = own.ports.filter(({ number }) => numbers.has(number));
        return ports.length > 0 ? [{ ...own, ports }] : [];
      });
  }
}

function candidates(
  registry: Registry,
  entries: readonly ServiceEntry[],
  proxy: ProxyIdentity['type'],
): CandidateService[] {
  const ofRegistry = registry.services.map((service): CandidateService => {
    const { endpoints, headless, createdAt } = service;
    // A gateway has no client that has resolved a pod (pilot/pkg/networking/core/cluster.go, convertResolution).
    const resolvedByClient = headless && proxy === 'sidecar';
    const upstream = resolvedByClient
      ? { type: 'original' as const }
      : { type: 'endpoints' as const, endpoints };
    return {
      name: service.name,
      ...(createdAt !== undefined && { createdAt }),
      host: fqdn(service).toLowerCase(),
      namespace: service.namespace,
      ports: service.ports.map((port) => ({ number: port.number, ...spoken(port), upstream })),
      exportTo: service.exportTo ?? [],
    };
  });
  return [...ofRegistry, ...servicesOfEntries(entries, proxy)].sort(inOrderOfCreation);
}

function spoken(port: Service['ports'][number]): { protocol?: UpstreamProtocol } {
  const protocol = protocolOf(port);
  if (protocol === 'HTTP2') return { protocol: 'http2' };
  // What nobody has named is looked at as it comes.
  return protocol === undefined ? { protocol: 'client' } : {};
}

/** Of one host a sidecar takes those of one namespace: its own, else that of a Service, else the first. */
function ofOneNamespaceEach(services: readonly CandidateService[], own: string): CandidateService[] {
  const chosen = new Map<string, { namespace: string; isEntry: boolean }>();
  for (const { host, namespace, entry } of services) {
    const isEntry = entry !== undefined;
    const before = chosen.get(host);
    const isBetter = before?.isEntry && !isEntry && before.namespace !== own;
    if (!before || namespace === own || isBetter) chosen.set(host, { namespace, isEntry });
  }
  return services.filter(({ host, namespace }) => chosen.get(host)?.namespace === namespace);
}

/** One service for each host: the registry's before any entry, the first before others, with the ports of those that fit. */
function merged(services: readonly CandidateService[]): Map<string, MeshService> {
  const byHost = new Map<string, CandidateService>();
  for (const service of services) {
    const before = byHost.get(service.host);
    if (before === undefined || (before.entry && !service.entry)) byHost.set(service.host, service);
    else if (before.entry && service.entry && before.namespace === service.namespace) {
      if (!canMerge(before.entry, service.entry)) continue;
      const more = service.ports.filter(({ number }) => !before.ports.some((port) => port.number === number));
      byHost.set(service.host, { ...before, ports: [...before.ports, ...more] });
    }
  }
  return byHost;
}

/** Which hosts the routes for callers in `namespace` lead to, and on which ports; undefined: on any. */
function portsByHost({ http }: VirtualService, namespace: string): Map<string, Set<number | undefined>> {
  const ports = new Map<string, Set<number | undefined>>();
  for (const { match, action, mirrors } of http) {
    const named = match.filter(({ sourceNamespace }) => sourceNamespace);
    if (named.length > 0 && !named.some(({ sourceNamespace }) => sourceNamespace === namespace)) continue;
    const routed = action.type === 'route' ? action.destinations : [];
    for (const { destination } of [...routed, ...mirrors]) {
      ports.set(destination.host, (ports.get(destination.host) ?? new Set()).add(destination.port));
    }
  }
  return ports;
}

/** The hosts of all services and ServiceEntries, whoever sees them. */
export function allHosts(registry: Registry, entries: readonly ServiceEntry[]): string[] {
  return candidates(registry, entries, 'sidecar').map(({ host }) => host);
}
