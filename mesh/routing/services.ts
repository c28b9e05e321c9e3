/** All services that rules can name: those of the registry and the hosts of ServiceEntries, in one form. */
import { type Endpoint, fqdn, type Registry } from '../network/registry.ts';
import type { ServiceEntry } from '../rules/model.ts';
import { isExportedTo } from './visibility.ts';

/** A host with ports that speak HTTP. */
export interface MeshService {
  /** In lower case: a full name, or the host of a ServiceEntry (which may be a wildcard). */
  host: string;
  namespace: string;
  ports: readonly ServicePort[];
}

export interface ServicePort {
  number: number;
  /** Where its requests go: to endpoints, to a host by DNS, or to wherever they are addressed. */
  upstream:
    | { type: 'endpoints'; endpoints: readonly Endpoint[] }
    | { type: 'dns'; host: string; port: number }
    | { type: 'original' };
}

const httpProtocols = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB']);

/** The services that a proxy in `namespace` knows, by host. Of two with one host the registry's is kept. */
export function servicesFor(
  registry: Registry,
  entries: readonly ServiceEntry[],
  namespace: string,
): Map<string, MeshService> {
  const services = new Map<string, MeshService>();
  for (const service of registry.services) {
    const host = fqdn(service).toLowerCase();
    const upstream = { type: 'endpoints' as const, endpoints: service.endpoints };
    const ports = service.ports.map(({ number }) => ({ number, upstream }));
    services.set(host, { host, namespace: service.namespace, ports });
  }
  for (const entry of entries) {
    if (!isExportedTo(entry.exportTo, entry.namespace, namespace)) continue;
    const ports = entry.ports.filter((port) => httpProtocols.has(port.protocol.toUpperCase()));
    for (const name of entry.hosts) {
      const host = name.toLowerCase();
      if (services.has(host)) continue;
      const described = ports.map((port) => ({
        number: port.number,
        upstream: upstreamOf(entry, host, port),
      }));
      services.set(host, { host, namespace: entry.namespace, ports: described });
    }
  }
  return services;
}

/** The hosts of all services and ServiceEntries, whoever sees them. */
export function allHosts(registry: Registry, entries: readonly ServiceEntry[]): string[] {
  return [
    ...registry.services.map((service) => fqdn(service).toLowerCase()),
    ...entries.flatMap(({ hosts }) => hosts.map((host) => host.toLowerCase())),
  ];
}

/** https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry-Resolution */
function upstreamOf(
  entry: ServiceEntry,
  host: string,
  port: ServiceEntry['ports'][number],
): ServicePort['upstream'] {
  if (entry.resolution === 'NONE') return { type: 'original' };
  const target = port.targetPort ?? port.number;
  if (entry.endpoints.length === 0 && entry.resolution !== 'STATIC')
    return { type: 'dns', host, port: target };
  return {
    type: 'endpoints',
    endpoints: entry.endpoints.map((endpoint, index) => ({
      name: `${entry.name}-${index}`,
      address: endpoint.address,
      port: endpoint.ports.get(port.name) ?? target,
      labels: endpoint.labels,
      ready: true,
    })),
  };
}
