/** What a route decision costs at a sidecar, by the number of versions of the service that is called. */

import { RE2JS } from 're2js';
import { memberIs } from '../lanes/generate/version-routes.ts';
import type { Registry } from '../mesh/network/registry.ts';
import { fqdn } from '../mesh/network/registry.ts';
import { decide } from '../mesh/routing/decide.ts';
import type { ProxyIdentity, RequestHead } from '../mesh/routing/decision.ts';
import { buildTable, type RouteTable, withEndpoints } from '../mesh/routing/table.ts';
import { noGatewayApi } from '../mesh/rules/gateway-api/model.ts';
import type { HttpRoute, RuleSet, ValueMatch } from '../mesh/rules/model.ts';

const service = { name: 'service-b', namespace: 'coloring' };
const host = fqdn(service);
const port = 32000;
const header = 'project-version';

type Carrier = 'header' | 'baggage';
const place = { file: 'bench', line: 1 };
const caller: ProxyIdentity = {
  type: 'sidecar',
  name: 'service-a/release',
  namespace: 'coloring',
  labels: {},
};

/**
 * Route decisions per second, for requests that spread over all of `versions` and the baseline: the best of ten rounds.
 * @param carrier what the rules look for the colour in, and the requests have it in
 */
export function decisionsPerSecond(versions: number, carrier: Carrier): number {
  const table = tableOf(versions, carrier);
  const heads = requestsTo(versions, carrier);
  return Math.max(...Array.from({ length: 10 }, () => roundOf(table, heads)));
}

/** Milliseconds to compile the rules of `versions` versions, as after an edit: the best of five. */
export function buildMs(versions: number): number {
  const rules = rulesOf(versions, 'header');
  const registry = registryOf(versions);
  return best(() => buildTable(rules, registry, caller, { outboundTrafficPolicy: 'ALLOW_ANY' }));
}

/** Milliseconds to take in that an endpoint came or went, with `versions` versions: the best of five. */
export function endpointsMs(versions: number): number {
  const table = tableOf(versions, 'header');
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

function tableOf(versions: number, carrier: Carrier): RouteTable {
  return buildTable(rulesOf(versions, carrier), registryOf(versions), caller, {
    outboundTrafficPolicy: 'ALLOW_ANY',
  });
}

function color(version: number): string {
  return `release-v${version}`;
}

/** A thousand requests, so that the loop around them costs the same whatever the number of versions. */
function requestsTo(versions: number, carrier: Carrier): RequestHead[] {
  return Array.from({ length: 1000 }, (_, i) => {
    const version = i % (versions + 1);
    const colored =
      carrier === 'header' ? { [header]: color(version) } : { baggage: `user=7,${header}=${color(version)}` };
    return {
      method: 'GET',
      path: '/orders?page=2',
      authority: `service-b:${port}`,
      scheme: 'http',
      port,
      headers: { accept: '*/*', ...(version > 0 && colored) },
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
function rulesOf(versions: number, carrier: Carrier): RuleSet {
  const names = Array.from({ length: versions }, (_, i) => color(i + 1));
  return {
    gateways: [],
    serviceEntries: [],
    fallbackFilters: [],
    gatewayApi: noGatewayApi,
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
        http: [...names.map((name) => routeTo(name, ofColor(name, carrier))), routeTo('release')],
      },
    ],
  };
}

/** What the rules made from lanes.yaml look for. */
function ofColor(value: string, carrier: Carrier): Map<string, ValueMatch> {
  if (carrier === 'header') return new Map([[header, { type: 'exact', value }]]);
  const { regex } = memberIs(header, value);
  return new Map([['baggage', { type: 'regex', value: regex, regex: RE2JS.compile(regex) }]]);
}

function routeTo(subset: string, headersMatched?: Map<string, ValueMatch>): HttpRoute {
  const none = { set: new Map(), add: new Map(), remove: [] };
  const headers = { request: none, response: none };
  const match = (matched: Map<string, ValueMatch>) => ({
    place,
    ignoreUriCase: false,
    headers: matched,
    withoutHeaders: new Map(),
    queryParams: new Map(),
    sourceLabels: {},
  });
  return {
    place,
    name: `service-b/${subset}`,
    match: headersMatched === undefined ? [] : [match(headersMatched)],
    action: { type: 'route', destinations: [{ destination: { host, subset, place }, weight: 1, headers }] },
    headers,
    mirrors: [],
  };
}
