import { expect, it } from 'vitest';
import { type ProxyConfigTable, printProxyConfig } from './proxy-config.ts';
import type { ProxyIdentity } from './routing/decision.ts';
import { buildTable } from './routing/table.ts';
import { demo, rulesOf, sidecar } from './routing/testing.ts';

const rules = rulesOf(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: coloring }
spec:
  selector: { istio: ingressgateway }
  servers:
    - { port: { number: 80, name: http, protocol: HTTP }, hosts: [demo.example] }
    - { port: { number: 81, name: other, protocol: HTTP }, hosts: [safe.example], tls: { httpsRedirect: true } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-a }
spec:
  hosts: [demo.example]
  gateways: [coloring]
  http:
    - match: [{ uri: { exact: /one } }, { uri: { prefix: /two }, headers: { x: { exact: "1" } } }, { uri: { regex: "/t.*" } }]
      route: [{ destination: { host: service-a, subset: release } }]
    - route: [{ destination: { host: service-a, subset: release } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: service-a-versions }
spec: { host: service-a, subsets: [{ name: release, labels: { version: release } }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api }
spec: { hosts: [api.example], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS }
`);
const gateway: ProxyIdentity = {
  type: 'gateway',
  name: 'gateway',
  namespace: 'istio-system',
  labels: { istio: 'ingressgateway' },
};

/** The lines of a table, a space between its columns. */
function lines(
  proxy: ProxyIdentity,
  name: ProxyConfigTable,
  outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY' = 'ALLOW_ANY',
): string[] {
  const printed = printProxyConfig(buildTable(rules, demo, proxy, { outboundTrafficPolicy }), name);
  return printed
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, ' '));
}

it('prints the listeners of a gateway and of a sidecar', () => {
  expect(lines(gateway, 'listeners')).toEqual([
    'ADDRESSES PORT MATCH DESTINATION',
    '0.0.0.0 80 ALL Route: http.80',
    '0.0.0.0 81 ALL Route: http.81',
  ]);
  expect(lines(sidecar, 'listeners').slice(1)).toEqual([
    '0.0.0.0 80 App: http/1.1 Route: 80',
    '0.0.0.0 31000 App: http/1.1 Route: 31000',
    '0.0.0.0 32000 App: http/1.1 Route: 32000',
    '0.0.0.0 15001 ALL PassthroughCluster',
  ]);
  expect(lines(sidecar, 'listeners', 'REGISTRY_ONLY').at(-1)).toBe('0.0.0.0 15001 ALL BlackHoleCluster');
});

it('prints a line for each match of a route, and 404 where a host has none', () => {
  expect(lines(gateway, 'routes')).toEqual([
    'NAME VHOST NAME DOMAINS MATCH VIRTUAL SERVICE',
    'http.80 demo.example:80 demo.example /one service-a.coloring',
    'http.80 demo.example:80 demo.example /two* service-a.coloring',
    'http.80 demo.example:80 demo.example regex /t.* service-a.coloring',
    'http.80 demo.example:80 demo.example /* service-a.coloring',
    'http.81 safe.example:81 safe.example /* 404',
  ]);
});

it("prints Istio's blackhole where no rule is bound to a port", () => {
  const unbound = rulesOf(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: coloring }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
`);
  const table = buildTable(unbound, demo, gateway, { outboundTrafficPolicy: 'ALLOW_ANY' });
  expect(printProxyConfig(table, 'routes')).toMatch(/^http\.80 +blackhole:80 +\* +\/\* +404$/m);
});

it('prints the services that a sidecar knows, and not the way to those that nobody knows', () => {
  expect(lines(sidecar, 'routes').slice(1)).toEqual([
    '80 api.example:80 api.example, api.example. /*',
    '31000 service-a.coloring.svc.cluster.local:31000 service-a.coloring.svc.cluster.local., service-a.coloring + 1 more... /*',
    '32000 service-b.coloring.svc.cluster.local:32000 service-b.coloring.svc.cluster.local., service-b.coloring + 1 more... /*',
  ]);
  expect(lines(sidecar, 'routes', 'REGISTRY_ONLY')).toContain('80 block_all * /*');
});

it('prints the clusters with the rule that made their subsets, and the endpoints that are ready', () => {
  expect(lines(sidecar, 'clusters')).toEqual([
    'SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE',
    'BlackHoleCluster - - - STATIC',
    'PassthroughCluster - - - ORIGINAL_DST',
    'api.example 80 - outbound STRICT_DNS',
    'service-a.coloring.svc.cluster.local 31000 - outbound EDS service-a-versions.coloring',
    'service-a.coloring.svc.cluster.local 31000 release outbound EDS service-a-versions.coloring',
    'service-b.coloring.svc.cluster.local 32000 - outbound EDS',
  ]);
  expect(lines(sidecar, 'endpoints').slice(1, 6)).toEqual([
    'api.example:80 HEALTHY - outbound|80||api.example',
    'release-0 HEALTHY - outbound|31000||service-a.coloring.svc.cluster.local',
    'release-v1-0 HEALTHY - outbound|31000||service-a.coloring.svc.cluster.local',
    'release-v2-0 HEALTHY - outbound|31000||service-a.coloring.svc.cluster.local',
    'release-0 HEALTHY - outbound|31000|release|service-a.coloring.svc.cluster.local',
  ]);
});
