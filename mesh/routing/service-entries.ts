/**
 * ServiceEntries as services: one for each host, with the endpoints of all entries that have the host in the namespace
 * (Istio: pilot/pkg/serviceregistry/serviceentry/conversion.go).
 */
import type { Endpoint } from '../network/registry.ts';
import type { ServiceEntry } from '../rules/model.ts';
import { inOrderOfCreation } from './creation-order.ts';
import type { ProxyIdentity } from './decision.ts';
import type { CandidateService, ServicePort } from './mesh-service.ts';

const httpProtocols = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB']);

type EntryPort = ServiceEntry['ports'][number];

/** @param proxy whose they are: a gateway cannot send a request on to where it was addressed */
export function servicesOfEntries(
  entries: readonly ServiceEntry[],
  proxy: ProxyIdentity['type'],
): CandidateService[] {
  const ordered = [...entries].sort(inOrderOfCreation);
  const sharing = new Map<string, ServiceEntry[]>();
  for (const entry of ordered) {
    for (const host of entry.hosts) {
      const key = `${entry.namespace}/${host}`;
      sharing.set(key, [...(sharing.get(key) ?? []), entry]);
    }
  }
  return ordered.flatMap((entry) =>
    entry.hosts.map((host) => ({
      name: host,
      host,
      namespace: entry.namespace,
      ports: entry.ports
        .filter(({ protocol }) => httpProtocols.has(protocol.toUpperCase()))
        .map((port) => ({
          number: port.number,
          upstream:
            entry.resolution === 'NONE' && proxy === 'sidecar'
              ? { type: 'original' as const }
              : upstreamOf(entry, host, port, sharing.get(`${entry.namespace}/${host}`) ?? []),
        })),
      exportTo: entry.exportTo,
      ...(entry.createdAt !== undefined && { createdAt: entry.createdAt }),
      entry,
    })),
  );
}

/**
 * Where requests for a port go. Endpoints are looked up by host, namespace and the port's name, whichever entry wrote
 * them. https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry-Resolution
 */
function upstreamOf(
  { resolution }: ServiceEntry,
  host: string,
  { number, name, targetPort = number }: EntryPort,
  sharing: readonly ServiceEntry[],
): ServicePort['upstream'] {
  const endpoints = sharing.flatMap((entry) =>
    entry.ports.filter((port) => port.name === name).flatMap((port) => endpointsOf(entry, port)),
  );
  if (resolution === 'STATIC' || resolution === 'NONE') return { type: 'endpoints', endpoints };
  return endpoints.length > 0
    ? { type: 'endpoints', endpoints, byDns: true }
    : { type: 'dns', host, port: targetPort };
}

function endpointsOf(entry: ServiceEntry, { name, number, targetPort = number }: EntryPort): Endpoint[] {
  return entry.endpoints.map(({ address, ports, labels }, index) => ({
    name: `${entry.name}-${index}`,
    address,
    port: ports.get(name) ?? targetPort,
    labels,
    ready: true,
  }));
}

/** Whether Istio adds up the ports of two entries for one host in one namespace (pilot/pkg/model/sidecar.go, canMergeServices). */
export function canMerge(one: ServiceEntry, other: ServiceEntry): boolean {
  return (
    one.resolution === other.resolution &&
    sameMembers(one.exportTo, other.exportTo) &&
    sameMembers(Object.entries(one.labels).map(String), Object.entries(other.labels).map(String))
  );
}

function sameMembers(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}
