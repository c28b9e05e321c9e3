import { describe, expect, it } from 'vitest';
import type { Registry } from '../network/registry.ts';
import type { Cluster } from './decision.ts';
import { withEndpoints } from './table.ts';
import { demo, gateway, registryOf, sidecar, tableOf } from './testing.ts';

const b = 'service-b.coloring.svc.cluster.local';

function destinationRule(spec: string, meta = 'name: b'): string {
  return `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { ${meta} }
spec:
  host: service-b.coloring.svc.cluster.local
  ${spec}`;
}

const subset = (name: string, more = '') => `{ name: ${name}, labels: { version: ${name} }${more} }`;

/** Names of a cluster's endpoints, its address, or nothing: what it leads to. */
function leadsTo(cluster: Cluster | undefined): unknown {
  if (cluster?.type === 'endpoints') return cluster.endpoints.map(({ name }) => name);
  return cluster?.type === 'outside' ? (cluster.address ?? 'as addressed') : cluster?.type;
}

function policyOf(rules: string, name: string, world: Parameters<typeof tableOf>[0] = {}) {
  const cluster = tableOf({ rules, ...world }).clusters.get(name);
  return cluster?.type === 'endpoints' ? cluster.policy : undefined;
}

describe('clusters', () => {
  it('are each port of each service, passthrough and black hole, where no rule is', () =>
    expect([...tableOf().clusters.keys()]).toEqual([
      'PassthroughCluster',
      'BlackHoleCluster',
      'outbound|31000||service-a.coloring.svc.cluster.local',
      `outbound|32000||${b}`,
    ]));

  it('of a service have all its endpoints', () =>
    expect(leadsTo(tableOf().clusters.get(`outbound|32000||${b}`))).toEqual([
      'release-0',
      'release-v1-0',
      'release-v3-0',
    ]));

  it('of a subset have the endpoints with its labels', () => {
    const rules = destinationRule(`subsets: [${subset('release-v1')}, ${subset('release-v9')}]`);
    const { clusters } = tableOf({ rules });
    expect(leadsTo(clusters.get(`outbound|32000|release-v1|${b}`))).toEqual(['release-v1-0']);
    expect(leadsTo(clusters.get(`outbound|32000|release-v9|${b}`))).toEqual([]);
    expect(clusters.has(`outbound|32000|release-v3|${b}`)).toBe(false);
  });

  it('of a subset with several labels have the endpoints with all of them', () => {
    const of = (labels: string) => {
      const { clusters } = tableOf({ rules: destinationRule(`subsets: [{ name: s, labels: ${labels} }]`) });
      return leadsTo(clusters.get(`outbound|32000|s|${b}`));
    };
    expect(of('{ app: service-b, version: release }')).toEqual(['release-0']);
    expect(of('{ app: service-a, version: release }')).toEqual([]);
    expect(of('{ app: service-b }')).toHaveLength(3);
  });

  it('keep endpoints that are not ready, for the proxy to judge', () => {
    const registry: Registry = {
      services: demo.services.map((service) => ({
        ...service,
        endpoints: service.endpoints.map((endpoint) => ({ ...endpoint, ready: false })),
      })),
    };
    expect(leadsTo(tableOf({ registry }).clusters.get(`outbound|32000||${b}`))).toHaveLength(3);
  });

  it.each([
    ['resolution: DNS', { host: 'api.example.com', port: 8080 }],
    ['resolution: NONE', 'as addressed'],
    ['resolution: STATIC\n  endpoints: [{ address: 10.0.0.1 }, { address: 10.0.0.2 }]', ['out-0', 'out-1']],
    ['resolution: DNS\n  endpoints: [{ address: eu.example.com }]', ['out-0']],
  ])('of a ServiceEntry with %j lead to %j', (spec, expected) => {
    const { clusters } = tableOf({
      rules: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: out }
spec:
  hosts: [api.example.com]
  ports: [{ number: 80, name: http, protocol: HTTP${spec.endsWith('NONE') ? '' : ', targetPort: 8080'} }]
  ${spec}`,
    });
    expect(leadsTo(clusters.get('outbound|80||api.example.com'))).toEqual(expected);
  });

  const entry = (host: string, spec: string) => `
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: out }
spec:
  hosts: [${host}]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  ${spec}`;

  it('of a ServiceEntry take the port that an endpoint names', () => {
    const rules = entry(
      'api.example.com',
      'resolution: STATIC\n  endpoints: [{ address: 10.0.0.1, ports: { http: 8888 } }]',
    );
    const cluster = tableOf({ rules }).clusters.get('outbound|80||api.example.com');
    expect(cluster).toMatchObject({ endpoints: [{ address: '10.0.0.1', port: 8888 }] });
  });

  it('of a host by DNS are none for a subset with labels', () => {
    const rules =
      entry('api.example.com', 'resolution: DNS') +
      destinationRule(`subsets: [${subset('release')}]`).replace(b, 'api.example.com');
    expect(tableOf({ rules }).clusters.has('outbound|80|release|api.example.com')).toBe(false);
  });

  it('of a host with several ServiceEntries have the endpoints of all in their namespace, by the name of the port', () => {
    const more = (name: string, rest: string) =>
      entry('api.example.com', rest).replace('name: out', `name: ${name}`);
    const one = more('one', 'resolution: DNS\n  endpoints: [{ address: 10.0.0.1 }]');
    const leads = (rules: string) => leadsTo(tableOf({ rules }).clusters.get('outbound|80||api.example.com'));
    expect(leads(one + more('two', 'resolution: DNS'))).toEqual(['one-0', 'two-0']);
    // What is no address is for DNS alone.
    const fixed = more('a', 'resolution: STATIC\n  endpoints: [{ address: 10.0.0.2 }]');
    expect(leads(fixed + more('two', 'resolution: DNS'))).toEqual(['a-0']);
    expect(leads(fixed + one)).toEqual(['a-0', 'one-0']);
  });

  it('of a service of the registry are not replaced by a ServiceEntry of its name', () => {
    const { clusters } = tableOf({ rules: entry(b, 'resolution: DNS') });
    expect(clusters.has(`outbound|32000||${b}`)).toBe(true);
    expect(clusters.has(`outbound|80||${b}`)).toBe(false);
  });
});

describe('withEndpoints', () => {
  it('takes in endpoints that come and go, and leaves the routes', () => {
    const before = tableOf({ rules: destinationRule(`subsets: [${subset('release')}]`) });
    const after = withEndpoints(before, registryOf({ 'service-b.coloring:32000': ['release', 'release'] }));
    expect(leadsTo(after.clusters.get(`outbound|32000|release|${b}`))).toHaveLength(2);
    expect(leadsTo(before.clusters.get(`outbound|32000|release|${b}`))).toHaveLength(1);
    expect(after.ports).toBe(before.ports);
  });
});

describe('the traffic policy', () => {
  const balanced = (by: string) => `loadBalancer: { simple: ${by} }`;
  const pool = 'connectionPool: { http: { http2MaxRequests: 7 } }';
  const portLevel = (by: string) => `portLevelSettings: [{ port: { number: 32000 }, ${balanced(by)} }]`;
  const whole = `outbound|32000||${b}`;
  const v1 = `outbound|32000|release-v1|${b}`;

  it.each([
    ['of the top level holds for all', `trafficPolicy: { ${balanced('RANDOM')} }`, whole, 'RANDOM'],
    [
      'of the top level holds for a subset without one',
      `trafficPolicy: { ${balanced('RANDOM')} }\n  subsets: [${subset('release-v1')}]`,
      v1,
      'RANDOM',
    ],
    [
      'of a port beats the top level',
      `trafficPolicy: { ${balanced('RANDOM')}, ${portLevel('ROUND_ROBIN')} }`,
      whole,
      'ROUND_ROBIN',
    ],
    [
      'of a subset beats the port',
      `trafficPolicy: { ${portLevel('ROUND_ROBIN')} }\n  subsets: [${subset('release-v1', `, trafficPolicy: { ${balanced('RANDOM')} }`)}]`,
      v1,
      'RANDOM',
    ],
    [
      'of a subset’s port beats the subset',
      `subsets: [${subset('release-v1', `, trafficPolicy: { ${balanced('RANDOM')}, ${portLevel('ROUND_ROBIN')} }`)}]`,
      v1,
      'ROUND_ROBIN',
    ],
  ])('%s', (_, spec, cluster, type) =>
    expect(policyOf(destinationRule(spec), cluster)?.loadBalancer?.type).toBe(type),
  );

  it('of a port inherits nothing from the top level', () => {
    const rules = destinationRule(`trafficPolicy: { ${pool}, ${portLevel('ROUND_ROBIN')} }`);
    expect(policyOf(rules, whole)?.connectionPool).toBeUndefined();
  });

  it('of a subset inherits what it does not say', () => {
    const rules = destinationRule(
      `trafficPolicy: { ${pool} }\n  subsets: [${subset('release-v1', `, trafficPolicy: { ${balanced('RANDOM')} }`)}]`,
    );
    expect(policyOf(rules, v1)).toMatchObject({
      loadBalancer: { type: 'RANDOM' },
      connectionPool: { http2MaxRequests: 7 },
    });
  });
});

describe('of several DestinationRules for a host', () => {
  const random = 'trafficPolicy: { loadBalancer: { simple: RANDOM } }';
  const roundRobin = 'trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } }';
  const whole = `outbound|32000||${b}`;
  const balancer = (rules: string, world: Parameters<typeof tableOf>[0] = {}) =>
    policyOf(rules, whole, world)?.loadBalancer?.type;

  it('in one namespace subsets add up and the first policy counts', () => {
    const rules = `${destinationRule(`${random}\n  subsets: [${subset('release')}]`)}${destinationRule(`${roundRobin}\n  subsets: [${subset('release-v1')}]`, 'name: b2')}`;
    expect([...tableOf({ rules }).clusters.keys()].slice(-2)).toEqual([
      `outbound|32000|release|${b}`,
      `outbound|32000|release-v1|${b}`,
    ]);
    expect(balancer(rules)).toBe('RANDOM');
  });

  it('the caller’s namespace counts before the service’s, and that before istio-system', () => {
    const proxy = { ...sidecar, namespace: 'default' };
    const root = destinationRule(random, 'name: b, namespace: istio-system');
    const own = destinationRule(roundRobin, 'name: b, namespace: default');
    const services = destinationRule('trafficPolicy: { loadBalancer: { simple: LEAST_REQUEST } }');
    expect(balancer(root, { proxy })).toBe('RANDOM');
    expect(balancer(root + services, { proxy })).toBe('LEAST_REQUEST');
    expect(balancer(root + services + own, { proxy })).toBe('ROUND_ROBIN');
  });

  it('public ones of istio-system come last for its gateway too', () => {
    const rules = destinationRule(random, 'name: b, namespace: istio-system') + destinationRule(roundRobin);
    expect(balancer(rules, { proxy: gateway })).toBe('ROUND_ROBIN');
  });

  it('one that is not exported does not hold elsewhere', () => {
    const rules = destinationRule(`${random}\n  exportTo: ["."]`);
    expect(balancer(rules)).toBe('RANDOM');
    expect(balancer(rules, { proxy: { ...sidecar, namespace: 'default' } })).toBeUndefined();
  });

  it('the most specific host counts', () => {
    const wild = destinationRule(random, 'name: wild').replace(b, '"*.coloring.svc.cluster.local"');
    expect(balancer(wild)).toBe('RANDOM');
    expect(balancer(wild + destinationRule(roundRobin))).toBe('ROUND_ROBIN');
  });

  it('those exported to different namespaces do not merge: the last counts', () => {
    const rules =
      destinationRule(`${random}\n  exportTo: [coloring, default]`) +
      destinationRule(`${roundRobin}\n  exportTo: [coloring]`, 'name: b2');
    expect(balancer(rules)).toBe('ROUND_ROBIN');
  });

  it('of two that select the caller by different labels the first counts alone', () => {
    const by = (label: string, spec: string) =>
      destinationRule(
        `${spec}\n  workloadSelector: { matchLabels: { ${label} } }`,
        `name: by-${label.slice(0, 3)}`,
      );
    const rules =
      by('app: service-a', `subsets: [${subset('release')}]`) +
      by('version: release', `${random}\n  subsets: [${subset('release-v1')}]`);
    expect(balancer(rules)).toBeUndefined();
    expect([...tableOf({ rules }).clusters.keys()].at(-1)).toBe(`outbound|32000|release|${b}`);
  });

  it('one that selects the caller counts before one for all', () => {
    const selecting = destinationRule(
      `${random}\n  workloadSelector: { matchLabels: { app: service-a } }`,
      'name: selecting',
    );
    const rules = destinationRule(roundRobin) + selecting;
    expect(balancer(rules)).toBe('RANDOM');
    expect(balancer(rules, { proxy: { ...sidecar, labels: { app: 'other' } } })).toBe('ROUND_ROBIN');
  });
});
