/** What the tests of this folder share: rules as text, a registry in a line, a proxy, a request. */
import type { Endpoint, Registry } from '../network/registry.ts';
import type { RuleSet } from '../rules/model.ts';
import { object, rulesOf as parsed } from '../rules/testing.ts';
import { decide } from './decide.ts';
import type { Decision, ProxyIdentity, RequestHead } from './decision.ts';
import { buildTable, type RouteTable, type TableOptions } from './table.ts';

/** Rules from the text of one file; objects without namespace are in `coloring`. */
export function rulesOf(yaml: string): RuleSet {
  return parsed(yaml, { defaultNamespace: 'coloring' });
}

/** A VirtualService `b` in namespace `coloring` for service-b; `http` as a YAML list that is not indented. */
export function routesOfB(http: string): string {
  return object('VirtualService', `hosts: [service-b]\nhttp:\n${http}`);
}

/** One endpoint for each version: `{ 'service-b.coloring:32000': ['release', 'release-v1'] }`; ports may be several. */
export function registryOf(services: Record<string, readonly string[]>): Registry {
  return {
    services: Object.entries(services).map(([address, versions]) => {
      const [host = '', ports = ''] = address.split(':');
      const [name = '', namespace = ''] = host.split('.');
      return {
        name,
        namespace,
        ports: ports.split(',').map((number) => ({ name: `http-${number}`, number: Number(number) })),
        endpoints: versions.map((version, index) => endpoint(name, version, 40000 + index)),
      };
    }),
  };
}

function endpoint(app: string, version: string, port: number): Endpoint {
  return { name: `${version}-0`, address: '127.0.0.1', port, labels: { app, version }, ready: true };
}

/** The two services of the demo. */
export const demo = registryOf({
  'service-a.coloring:31000': ['release', 'release-v1', 'release-v2'],
  'service-b.coloring:32000': ['release', 'release-v1', 'release-v3'],
});

export const sidecar: ProxyIdentity = {
  type: 'sidecar',
  name: 'service-a/release',
  namespace: 'coloring',
  labels: { app: 'service-a', version: 'release' },
};

export const gateway: ProxyIdentity = {
  type: 'gateway',
  name: 'gateway',
  namespace: 'istio-system',
  labels: { istio: 'ingressgateway' },
};

interface TableParts extends Partial<TableOptions> {
  rules?: string;
  registry?: Registry;
  proxy?: ProxyIdentity;
}

/** The table of a sidecar beside service-a, where nothing else is said. */
export function tableOf(parts: TableParts = {}): RouteTable {
  const { rules = '', registry = demo, proxy = sidecar, outboundTrafficPolicy = 'ALLOW_ANY' } = parts;
  return buildTable(rulesOf(rules), registry, proxy, { outboundTrafficPolicy });
}

/** GET / of service-b, where nothing else is said. */
export function request(head: Partial<RequestHead> = {}): RequestHead {
  const usual = {
    method: 'GET',
    path: '/',
    authority: 'service-b:32000',
    scheme: 'http',
    port: 32000,
  } as const;
  return { ...usual, headers: {}, ...head };
}

/** The decision, of several destinations the first. */
export function decided(table: RouteTable, head: Partial<RequestHead> = {}): Decision {
  return decide(table, request(head), () => 0);
}

/** Where a request goes, in a word: the cluster, or the type of any other decision. */
export function wayOf(table: RouteTable, head: Partial<RequestHead> = {}): string {
  const decision = decided(table, head);
  return decision.type === 'forward' ? decision.cluster : decision.type;
}
