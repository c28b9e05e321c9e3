/** What a route decision costs at a sidecar, by the number of versions of the service that is called. */
import type { Registry } from '../mesh/network/registry.ts';
import { fqdn } from '../mesh/network/registry.ts';
import { decide } from '../mesh/routing/decide.ts';
import type { ProxyIdentity, RequestHead } from '../mesh/routing/decision.ts';
import { buildTable, type RouteTable, withEndpoints } from '../mesh/routing/table.ts';
import type { HttpRoute, RuleSet } from '../mesh/rules/model.ts';

const service = { name: 'service-b', namespace: 'coloring' };
const host = fqdn(service);
const port = 32000;
const place = { file: 'bench', line: 1 };
const caller: ProxyIdentity = {
  type: 'sidecar',
  name: 'service-a/release',
  namespace: 'coloring',
  labels: {},
};

/** Route decisions per second, for requests that spread over all of `versions` and the baseline: the best of ten rounds. */
export function decisionsPerSecond(versions: number): number {
  const table = tableOf(versions);
  const heads = requestsTo(versions);
  return Math.max(...Array.from({ length: 10 }, () => roundOf(table, heads)));
}

/** Milliseconds to compile the rules of `versions` versions, as after an edit: the best of five. */
export function buildMs(versions: number): number {
  const rules = rulesOf(versions);
  const registry = registryOf(versions);
  return best(() => buildTable(rules, registry, caller, { outboundTrafficPolicy: 'ALLOW_ANY' }));
}

/** Milliseconds to take in that an endpoint came or went, with `versions` versions: the best of five. */
export function endpointsMs(versions: number): number {
  const table = tableOf(versions);
  const registry = registryOf(versions);
  return best(() => withEndpoints(table, registry));
}

/** Decisions per second over 50 ms; the best of several rounds is the one that nothing else disturbed. */
function roundOf(table: RouteTable, heads: readonly RequestHead[]): number {
  const start = performance.now();
  let decisions = 0;
  let elapsed = 0;
  while (elapsed < 50) {
    for (const head of heads) decide(table, head, Math.random);
    decisions += heads.length;
    elapsed = performance.now() - start;
  }
  return decisions / (elapsed / 1000);
}

function best(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

function tableOf(versions: number): RouteTable {
  return buildTable(rulesOf(versions), registryOf(versions), caller, { outboundTrafficPolicy: 'ALLOW_ANY' });
}

function color(version: number): string {
  return `release-v${version}`;
}

/** A thousand requests, so that the loop around them costs the same whatever the number of versions. */
function requestsTo(versions: number): RequestHead[] {
  return Array.from({ length: 1000 }, (_, i) => {
    const version = i % (versions + 1);
    return {
      method: 'GET',
      path: '/orders?page=2',
      authority: `service-b:${port}`,
      scheme: 'http',
      port,
      headers: { accept: '*/*', ...(version > 0 && { 'project-version': color(version) }) },
    };
  });
}

function registryOf(versions: number): Registry {
  const endpoints = Array.from({ length: versions + 1 }, (_, version) => ({
    name: `${version}-0`,
    address: '127.0.0.1',
    port: 40000 + version,
    labels: { app: service.name, version: version === 0 ? 'release' : color(version) },
    ready: true,
  }));
  return { services: [{ ...service, ports: [{ name: 'http', number: port }], endpoints }] };
}

/** What istio/service-b.yaml says, for as many versions as asked. */
function rulesOf(versions: number): RuleSet {
  const names = Array.from({ length: versions }, (_, i) => color(i + 1));
  return {
    gateways: [],
    serviceEntries: [],
    fallbackFilters: [],
    ignored: [],
    destinationRules: [
      {
        kind: 'DestinationRule',
        ...service,
        place,
        host,
        exportTo: ['*'],
        trafficPolicy: {},
        portPolicies: new Map(),
        outlierDetections: [],
        subsets: ['release', ...names].map((name) => ({
          place,
          name,
          labels: { version: name },
          trafficPolicy: {},
          portPolicies: new Map(),
        })),
      },
    ],
    virtualServices: [
      {
        kind: 'VirtualService',
        ...service,
        place,
        hosts: [host],
        gateways: ['mesh'],
        exportTo: ['*'],
        http: [...names.map((name) => routeTo(name, name)), routeTo('release')],
      },
    ],
  };
}

function routeTo(subset: string, matched?: string): HttpRoute {
  const none = { set: new Map(), add: new Map(), remove: [] };
  const headers = { request: none, response: none };
  const match = (value: string) => ({
    place,
    ignoreUriCase: false,
    headers: new Map([['project-version', { type: 'exact' as const, value }]]),
    withoutHeaders: new Map(),
    queryParams: new Map(),
    sourceLabels: {},
  });
  return {
    place,
    name: `service-b/${subset}`,
    match: matched === undefined ? [] : [match(matched)],
    action: { type: 'route', destinations: [{ destination: { host, subset, place }, weight: 1, headers }] },
    headers,
    mirrors: [],
  };
}
