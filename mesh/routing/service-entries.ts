/**
 * ServiceEntries as services: one for each host, with the endpoints of all entries that have the host in the namespace
 * (Istio: pilot/pkg/serviceregistry/serviceentry/conversion.go).
 */
import { isIP } from 'node:net';
import type { Endpoint } from '../network/registry.ts';
import type { ServiceEntry } from '../rules/model.ts';
import { inOrderOfCreation } from './creation-order.ts';
import type { ProxyIdentity } from './decision.ts';
import type { CandidateService, ServicePort } from './mesh-service.ts';

const httpProtocols = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB']);

function isHttp2(protocol: string): boolean {
  return protocol.toUpperCase() !== 'HTTP';
}

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
          ...(isHttp2(port.protocol) && { protocol: 'http2' as const }),
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
    entry.ports.filter((port) => port.name === name).flatMap((port) => endpointsOf(entry, host, port)),
  );
  const isDns = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  // What is no address is for DNS alone (pilot/pkg/xds/endpoints/endpoint_builder.go).
  if (!isDns) return { type: 'endpoints', endpoints: endpoints.filter(({ address }) => isIP(address) > 0) };
  return endpoints.every(({ address }) => address === host)
    ? { type: 'dns', host, port: targetPort }
    : { type: 'endpoints', endpoints, byDns: true };
}

/** Those of one entry; the host itself where DNS has to know them and none is written. */
function endpointsOf(entry: ServiceEntry, host: string, port: EntryPort): Endpoint[] {
  const { name, number, targetPort = number } = port;
  const isDns = entry.resolution === 'DNS' || entry.resolution === 'DNS_ROUND_ROBIN';
  const written =
    entry.endpoints.length === 0 && isDns
      ? [{ address: host, ports: new Map<string, number>(), labels: {} }]
      : entry.endpoints;
  return written.map(({ address, ports, labels }, index) => ({
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
