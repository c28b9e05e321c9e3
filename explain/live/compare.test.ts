import { describe, expect, it } from 'vitest';
import { gateway, request, tableOf } from '../../mesh/routing/testing.ts';
import { compareWithEnvoy, type RouteDump } from './compare.ts';

const table = tableOf({
  rules: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: b, namespace: coloring }
spec:
  hosts: [service-b]
  http:
    - name: split
      match: [{ uri: { prefix: /split } }]
      route:
        - { destination: { host: service-b }, weight: 3 }
        - { destination: { host: service-a, port: { number: 31000 } }, weight: 1 }
    - name: all
      route: [{ destination: { host: service-b } }]
`,
});
const toB = 'outbound|32000||service-b.coloring.svc.cluster.local';
const toA = 'outbound|31000||service-a.coloring.svc.cluster.local';
const split = {
  name: 'split',
  route: {
    weighted_clusters: {
      clusters: [
        { name: toB, weight: 3 },
        { name: toA, weight: 1 },
      ],
    },
  },
};
const all = { name: 'all', route: { cluster: toB } };

function dump(routes: readonly object[], lastUpdated = '2026-01-01T00:00:10Z'): RouteDump {
  const virtualHost = { name: 'b', domains: ['service-b', 'service-b.coloring'], routes };
  const config = { name: '32000', virtual_hosts: [virtualHost] };
  return { configs: [{ last_updated: lastUpdated, route_config: config as never }] };
}

function compare(routes: RouteDump, changes: Record<string, string> = {}, clusters = [toB]) {
  const active = { configs: clusters.map((name) => ({ cluster: { name } })) };
  return compareWithEnvoy(
    table,
    request(),
    { routes, clusters: active },
    { clusters: [toB], changes: new Map(Object.entries(changes)) },
  );
}

describe('compareWithEnvoy', () => {
  it('is content with the same routes in the same order', () =>
    expect(compare(dump([split, all]))).toEqual({ verdict: 'same', since: '2026-01-01T00:00:10Z' }));

  it('names each route that differs, and takes younger rules for the reason', () =>
    expect(compare(dump([all]), { 'VirtualService coloring/b': '2026-01-01T00:00:11Z' })).toEqual({
      verdict: 'behind',
      since: '2026-01-01T00:00:10Z',
      changed: 'VirtualService coloring/b was changed at 2026-01-01T00:00:11Z',
      differences: [
        `route 1: by the rules split → 3 ${toB}, 1 ${toA}, in Envoy all → ${toB}`,
        `route 2: by the rules all → ${toB}, in Envoy none`,
      ],
    }));

  it('blames nobody where the rules are older', () =>
    expect(
      compare(dump([all, split]), { 'VirtualService coloring/b': '2026-01-01T00:00:09Z' }),
    ).toMatchObject({ verdict: 'different' }));

  it('misses a cluster', () =>
    expect(compare(dump([split, all]), {}, [])).toMatchObject({
      differences: [`Envoy has no cluster ${toB}`],
    }));

  it('finds the routes of a gateway by the port behind that of its Service', () => {
    const rules = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door, namespace: coloring }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: b, namespace: coloring }
spec: { hosts: ["*"], gateways: [door], http: [{ name: all, route: [{ destination: { host: service-b } }] }] }
`;
    const atGateway = tableOf({ rules, proxy: gateway });
    const routeConfig = {
      name: 'http.8080',
      virtual_hosts: [{ name: '*:80', domains: ['*'], routes: [all] }],
    };
    const routes = { configs: [{ route_config: routeConfig }] };
    const clusters = { configs: [{ cluster: { name: toB } }] };
    const head = request({ authority: 'x.test', port: 80 });
    const way = { clusters: [toB], changes: new Map() };
    const verdict = (listening: number[]) =>
      compareWithEnvoy(atGateway, head, { routes, clusters, listening }, way).verdict;
    expect([verdict([8080]), verdict([])]).toEqual(['same', 'different']);
  });

  it('has nothing to compare where no proxy has routes', () =>
    expect(
      compareWithEnvoy(
        table,
        request({ port: 9 }),
        { routes: {}, clusters: {} },
        { clusters: [], changes: new Map() },
      ),
    ).toEqual({ verdict: 'same' }));
});
