/** An example for every remark there is, and beside it the same rules as they were meant, of which nothing is said. */
import { describe, expect, it } from 'vitest';
import { registryOf, rulesOf } from '../routing/testing.ts';
import { type RemarkCode, remarkCodes } from './remark.ts';
import { formatRemark, remarks } from './remarks.ts';

interface Example {
  /** Those without namespace are in `coloring`. */
  rules: string;
  /** What is said of it, without the file and the code. */
  said: string;
  /** As it was meant: nothing is said. Absent where the remark is no mistake. */
  meant?: string;
}

const registry = registryOf({
  'front.coloring:31000': ['v1', 'v2'],
  'back.coloring:32000': ['v1', 'v2', 'v3'],
  'stock.shop:80': ['v1'],
});

const service = (spec: string, rest = '') => `kind: VirtualService
apiVersion: networking.istio.io/v1
metadata: { name: b${rest} }
spec: ${spec}
`;
const rule = (spec: string, rest = '') => `kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: { name: d${rest} }
spec: ${spec}
`;
const entry = (exportTo: string) => `kind: ServiceEntry
apiVersion: networking.istio.io/v1
metadata: { name: e, namespace: shop }
spec: { hosts: [ext.example.com], exportTo: ${exportTo}, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }
`;
const gateway = (hosts: string, port = 80) => `kind: Gateway
apiVersion: networking.istio.io/v1
metadata: { name: g }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: ${port}, name: http, protocol: HTTP }, hosts: ${hosts} }] }
`;
const toBack = (destination = '', route = '') =>
  service(
    `{ hosts: [back], exportTo: [.], http: [{ ${route}route: [{ destination: { host: back${destination} } }] }] }`,
  );
const subsets = '[{ name: v1, labels: { version: v1 } }]';
const backMember = 'outbound|32000||back.coloring.svc.cluster.local';
const filter = (route: string, cluster: string, member = backMember) => `kind: EnvoyFilter
apiVersion: networking.istio.io/v1alpha3
metadata: { name: f }
spec:
  configPatches:
  - applyTo: CLUSTER
    patch: { operation: ADD, value: { name: x, lb_policy: CLUSTER_PROVIDED, cluster_type: { name: envoy.clusters.aggregate, typed_config: { '@type': type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig, clusters: ['${member}'] } } } }
  - applyTo: HTTP_ROUTE
    match: { routeConfiguration: { vhost: { route: { name: ${route} } } } }
    patch: { operation: MERGE, value: { route: { cluster: ${cluster} } } }
`;
const outlier = (fields: string) =>
  rule(`{ host: back, trafficPolicy: { outlierDetection: { ${fields} } } }`);
const document = (apiVersion: string, kind: string) => `apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: o }
`;

const namespace = (labels: string) => `apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { ${labels} } }
`;

const httpRoute = (parents: string, rules: string, name = 'r') => `kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: { name: ${name} }
spec:
  parentRefs: [${parents}]
  rules: ${rules}
`;
const ofBack = '{ group: "", kind: Service, name: back, port: 32000 }';
const toFront = 'backendRefs: [{ name: front, port: 31000 }]';
const lane = 'matches: [{ headers: [{ name: x, value: v1 }] }]';
const door = (name: string, className = 'istio') => `kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: { name: ${name} }
spec: { gatewayClassName: ${className}, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`;

const examples: Record<RemarkCode, Example> = {
  'route-never-reached': {
    rules: service(
      '{ hosts: [back], http: [{ route: [{ destination: { host: back } }] }, { match: [{ uri: { prefix: /a } }], route: [{ destination: { host: front } }] }] }',
    ),
    said: '4: VirtualService b: spec.http[1]: never reached: spec.http[0] comes first and takes all its requests',
    meant: service(
      '{ hosts: [back], http: [{ match: [{ uri: { prefix: /a } }], route: [{ destination: { host: front } }] }, { route: [{ destination: { host: back } }] }] }',
    ),
  },
  'gateway-unknown': {
    rules: `${gateway('["*"]')}---\n${service('{ hosts: [a.com], gateways: [nope], http: [{ route: [{ destination: { host: back } }] }] }')}`,
    said: '6: VirtualService b: spec.gateways: coloring/nope: no such Gateway',
    meant: `${gateway('["*"]')}---\n${service('{ hosts: [a.com], gateways: [g], http: [{ route: [{ destination: { host: back } }] }] }')}`,
  },
  'gateway-host-unheard': {
    rules: `${gateway('[other/*.com, c.org]')}---\n${service('{ hosts: [b.com, C.org], gateways: [g], http: [{ route: [{ destination: { host: back } }] }] }')}`,
    said: '6: VirtualService b: spec.hosts: b.com: Gateway coloring/g does not listen for it',
    meant: `${gateway('["*.com", c.org]')}---\n${service('{ hosts: [b.com, C.org], gateways: [g], http: [{ route: [{ destination: { host: back } }] }] }')}`,
  },
  'gateway-port-unheard': {
    rules: `kind: Gateway
apiVersion: networking.istio.io/v1
metadata: { name: g }
spec:
  selector: { istio: ingressgateway }
  servers:
  - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }
  - { port: { number: 8080, name: alt, protocol: HTTP }, hosts: ["*"] }
`,
    said: '8: Gateway g: spec.servers[1].port: 8080 is not listened on: the local gateway stands for port 80 alone; use a cluster',
    meant: gateway('["*"]', 8080),
  },
  'host-steered-twice': {
    rules: `${toBack()}---\n${service('{ hosts: [back.coloring.svc.cluster.local], http: [{ route: [{ destination: { host: back } }] }] }', '2')}`,
    said: '6: VirtualService b2: spec.hosts: back.coloring.svc.cluster.local: VirtualService b (rules.yaml:1) has this host as well; sidecars obey one of them only',
    meant: toBack(),
  },
  'host-unknown': {
    rules: service('{ hosts: [bakc], http: [{ route: [{ destination: { host: back } }] }] }'),
    said: '1: VirtualService b: spec.hosts: bakc: no such service in namespace coloring (has: back, front), so in the mesh this host steers no request; did you mean back?',
    meant: toBack(),
  },
  'host-whole-name': {
    rules: rule(`{ host: stock.shop }`),
    said: '1: DestinationRule d: spec.host: stock.shop: has a dot, so it is taken as a whole name, which no service has, so this rule does nothing; write stock.shop.svc.cluster.local',
    meant: rule(`{ host: stock.shop.svc.cluster.local }`),
  },
  'host-capitals': {
    rules: service('{ hosts: [Back], exportTo: [.], http: [{ route: [{ destination: { host: Back } }] }] }'),
    said: '4: VirtualService b: Back.coloring.svc.cluster.local: hosts are compared as they are written, and no service has these capitals, so it answers 503; write back',
    meant: service('{ hosts: [Back], exportTo: [.], http: [{ route: [{ destination: { host: back } }] }] }'),
  },
  'host-not-exported': {
    rules: `${entry('[.]')}---\n${toBack('', 'mirror: { host: ext.example.com }, ')}`,
    said: '9: VirtualService b: ext.example.com: ServiceEntry e of namespace shop is not exported to namespace coloring, so its copies are lost; add coloring to its exportTo',
    meant: `${entry('[., coloring]')}---\n${toBack('', 'mirror: { host: ext.example.com }, ')}`,
  },
  'port-unknown': {
    rules: toBack(', port: { number: 80 }'),
    said: '4: VirtualService b: back.coloring.svc.cluster.local has no port 80 (has: 32000), so it answers 503',
    meant: toBack(', port: { number: 32000 }'),
  },
  'subset-unknown': {
    rules: `${rule(`{ host: back, subsets: ${subsets} }`)}---\n${toBack(', subset: v11')}`,
    said: '9: VirtualService b: subset "v11" is not in DestinationRule d (has: v1), so it answers 503; did you mean v1?',
    meant: `${rule(`{ host: back, subsets: ${subsets} }`)}---\n${toBack(', subset: v1')}`,
  },
  'subset-not-exported': {
    rules: `${rule(`{ host: back, exportTo: [.], subsets: ${subsets} }`)}---\n${service('{ hosts: [back], http: [{ route: [{ destination: { host: back, subset: v1 } }] }] }')}`,
    said: '9: VirtualService b: subset "v1" is in DestinationRule d of namespace coloring, which is not exported to namespace shop, so it answers 503 to requests from namespace shop; add shop to its exportTo',
    meant: `${rule(`{ host: back, exportTo: [.], subsets: ${subsets} }`)}---\n${toBack(', subset: v1')}`,
  },
  'subset-out-of-sight': {
    rules: `${rule(`{ host: back.coloring.svc.cluster.local, subsets: ${subsets} }`, ', namespace: shop')}---\n${toBack(', subset: v1')}`,
    said: '9: VirtualService b: subset "v1" is in DestinationRule d of namespace shop, where Istio does not look for it, so it answers 503; move it to coloring or istio-system',
    meant: `${rule(`{ host: back.coloring.svc.cluster.local, subsets: ${subsets} }`)}---\n${toBack(', subset: v1')}`,
  },
  'subset-for-other-workloads': {
    rules: `${rule(`{ host: back, workloadSelector: { matchLabels: { app: front } }, subsets: ${subsets} }`)}---\n${service('{ hosts: [back], exportTo: [shop], http: [{ route: [{ destination: { host: back, subset: v1 } }] }] }')}`,
    said: '9: VirtualService b: subset "v1" is in DestinationRule d of namespace coloring, which is for workloads with app=front only, so it answers 503; write one without workloadSelector as well',
    meant: `${rule(`{ host: back, workloadSelector: { matchLabels: { app: front } }, subsets: ${subsets} }`)}---\n${toBack(', subset: v1')}`,
  },
  'subset-hidden': {
    rules: `${rule(`{ host: "*.coloring.svc.cluster.local", subsets: ${subsets} }`)}---\n${rule('{ host: back }', '2')}---\n${toBack(', subset: v1')}`,
    said: '14: VirtualService b: subset "v1" is in DestinationRule d of namespace coloring, which DestinationRule d2.coloring hides: of *.coloring.svc.cluster.local only one of the two counts here, so it answers 503; write the subset in that one as well',
    meant: `${rule(`{ host: "*.coloring.svc.cluster.local", subsets: ${subsets} }`)}---\n${toBack(', subset: v1')}`,
  },
  'subset-selects-nobody': {
    rules: rule('{ host: back, subsets: [{ name: v9, labels: { version: v9 } }] }'),
    said: '4: DestinationRule d: subset "v9" selects version=v9, which no endpoint of back.coloring.svc.cluster.local has (has: version=v1, v2, v3)',
    meant: rule('{ host: back, subsets: [{ name: v9, labels: { version: v3 } }] }'),
  },
  'fault-hits-nobody': {
    rules: toBack('', 'fault: { abort: { httpStatus: 500 } }, '),
    said: '4: VirtualService b: spec.http[0].fault.abort: without a percentage above 0 no request gets it; write percentage: { value: 100 }',
    meant: toBack('', 'fault: { abort: { httpStatus: 500, percentage: { value: 1 } } }, '),
  },
  'fallback-route-unknown': {
    rules: `${filter('b/v2', 'x')}---\n${toBack('', 'name: b/v1, ')}`,
    said: '8: EnvoyFilter f: b/v2: no rule has a route of this name',
    meant: `${filter('b/v1', 'x')}---\n${toBack('', 'name: b/v1, ')}`,
  },
  'fallback-cluster-unknown': {
    rules: `${filter('b/v1', 'gone')}---\n${toBack('', 'name: b/v1, ')}`,
    said: '8: EnvoyFilter f: gone: no EnvoyFilter adds this cluster, so b/v1 answers 503',
    meant: `${filter('b/v1', 'x')}---\n${toBack(', subset: none', 'name: b/v1, ')}`,
  },
  'fallback-member-unknown': {
    rules: `${filter('b/v1', 'x', backMember.replace('||', '|v1|'))}---\n${toBack('', 'name: b/v1, ')}`,
    said: '6: EnvoyFilter f: outbound|32000|v1|back.coloring.svc.cluster.local never serves: subset "v1" is not in a DestinationRule for back.coloring.svc.cluster.local (has: none)',
    meant: `${filter('b/v1', 'x', backMember.replace('||', '|v1|'))}---\n${rule(`{ host: back, subsets: ${subsets} }`)}---\n${toBack('', 'name: b/v1, ')}`,
  },
  'outlier-ejects-nobody': {
    rules: outlier('consecutive5xxErrors: 1'),
    said: '4: DestinationRule d: spec.trafficPolicy.outlierDetection: ejects nobody: back.coloring.svc.cluster.local has 3 endpoints, and maxEjectionPercent 10 (the default) of that is less than one; write maxEjectionPercent: 34 or more',
    meant: outlier('consecutive5xxErrors: 1, maxEjectionPercent: 34'),
  },
  'outlier-consecutive-errors': {
    rules: outlier('consecutiveErrors: 1, maxEjectionPercent: 100'),
    said: '4: DestinationRule d: spec.trafficPolicy.outlierDetection: consecutiveErrors does nothing any more; what counts is consecutive5xxErrors, 5 here; write consecutive5xxErrors: 1 or consecutiveGatewayErrors: 1',
    meant: outlier('consecutive5xxErrors: 1, maxEjectionPercent: 100'),
  },
  'outlier-gateway-errors-idle': {
    rules: outlier('consecutiveGatewayErrors: 5, maxEjectionPercent: 100'),
    said: '4: DestinationRule d: spec.trafficPolicy.outlierDetection: consecutiveGatewayErrors 5 does nothing: gateway errors are 5xx, of which 5 eject already; write consecutive5xxErrors: 0, or a higher one',
    meant: outlier('consecutiveGatewayErrors: 4, maxEjectionPercent: 100'),
  },
  'hash-under-weights': {
    rules: `${rule('{ host: back, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-user } } } }')}---\n${service('{ hosts: [back], exportTo: [.], http: [{ route: [{ destination: { host: back }, weight: 50 }, { destination: { host: front }, weight: 50 }] }] }')}`,
    said: '9: VirtualService b: spec.http[0].route: the weights send each request where chance says, so consistentHash by header x-user does not keep a client in one place; match clients by a header instead of weights',
    meant: `${rule('{ host: back, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: x-user } } } }')}---\n${service('{ hosts: [back], exportTo: [.], http: [{ route: [{ destination: { host: back }, weight: 100 }, { destination: { host: front }, weight: 0 }] }] }')}`,
  },
  'source-labels-at-gateway': {
    rules: `${gateway('["*"]')}---\n${service('{ hosts: [a.com], gateways: [g], http: [{ match: [{ sourceLabels: { app: front } }], route: [{ destination: { host: back } }] }] }')}`,
    said: '9: VirtualService b: spec.http[0].match[0].sourceLabels: a gateway compares it with the labels of its own pod, so no request gets this match; add mesh to the gateways of the rule, or match by a header',
    meant: `${gateway('["*"]')}---\n${service('{ hosts: [back.coloring.svc.cluster.local], gateways: [g, mesh], http: [{ match: [{ sourceLabels: { app: front } }], route: [{ destination: { host: back } }] }] }')}`,
  },
  'source-labels-beside-gateways': {
    rules: service(
      '{ hosts: [back], http: [{ match: [{ gateways: [mesh], sourceLabels: { app: front } }], route: [{ destination: { host: back } }] }] }',
    ),
    said: '4: VirtualService b: spec.http[0].match[0].sourceLabels: does not count beside gateways in the same match: every caller gets this route; leave gateways out of the match',
    meant: service(
      '{ hosts: [back], http: [{ match: [{ sourceLabels: { app: front } }], route: [{ destination: { host: back } }] }] }',
    ),
  },
  'route-not-accepted': {
    rules: `${door('g')}---\n${httpRoute('{ name: g, sectionName: https }', `[{ ${toFront} }]`)}`,
    said: '10: HTTPRoute r: Accepted is False, NoMatchingParent: sectionName "https" not found',
    meant: `${door('g')}---\n${httpRoute('{ name: g, sectionName: http }', `[{ ${toFront} }]`)}`,
  },
  'route-refs-unresolved': {
    rules: httpRoute(ofBack, '[{ backendRefs: [{ name: fornt, port: 31000 }] }]'),
    said: '6: HTTPRoute r: ResolvedRefs is False, BackendNotFound: backend(fornt.coloring.svc.cluster.local) not found',
    meant: httpRoute(ofBack, `[{ ${toFront} }]`),
  },
  'path-before-header': {
    rules: `${httpRoute(ofBack, `[{ matches: [{ path: { value: /api } }], ${toFront} }]`)}---\n${httpRoute(ofBack, `[{ ${lane}, ${toFront} }]`, 'lane')}`,
    said: '13: HTTPRoute lane: HTTPRoute r rules[0] (rules.yaml:6) has the longer path /api and comes first, whatever the headers; add a rule with the path /api and these headers',
    meant: `${httpRoute(ofBack, `[{ matches: [{ path: { value: /api } }], ${toFront} }]`)}---\n${httpRoute(ofBack, `[{ ${lane}, ${toFront} }, { ${lane.replace('[{', '[{ path: { value: /api },')}, ${toFront} }]`, 'lane')}`,
  },
  'gateway-class-unknown': {
    rules: door('g', 'nginx'),
    said: '1: Gateway g: spec.gatewayClassName: nginx: no class of Istio, so Istio leaves this Gateway to others; write istio, or a GatewayClass of controller istio.io/gateway-controller',
    meant: door('g'),
  },
  'gateway-address-unusable': {
    rules: door('g').replace(
      / }\n$/,
      ', addresses: [{ type: Hostname, value: ingressgateway.istio-system.svc.cluster.local }] }\n',
    ),
    said: '1: Gateway g: spec.addresses: ingressgateway.istio-system: Istio looks for this Service in coloring, the namespace of the Gateway, so Programmed is False, AddressNotUsable; put the Gateway into istio-system',
    meant: door('g'),
  },
  'gateway-not-heard': {
    rules: `${door('g')}---\n${door('h')}`,
    said: '6: Gateway h: not listened on: the local gateway stands for Gateway coloring/g alone; use a cluster',
    meant: door('g'),
  },
  'namespace-ambient': {
    rules: namespace('istio.io/dataplane-mode: ambient'),
    said: '1: Namespace shop: in ambient mode: waypoints carry out HTTPRoutes, and no EnvoyFilter, so a version without a ready pod is answered with 503; gateway-api/ambient.md says what holds there, and what helps',
  },
  'namespace-mixed': {
    rules: namespace('istio.io/dataplane-mode: ambient, istio.io/rev: stable'),
    said: '1: Namespace shop: in ambient mode, and istio.io/rev=stable gives its pods sidecars: their requests go past all waypoints; take one of the two labels away',
  },
  'not-run-here': {
    rules: document('telemetry.istio.io/v1', 'Telemetry'),
    said: '1: Telemetry o: not run here: metrics, traces and access logs are as they are',
  },
  'not-a-rule': {
    rules: document('v1', 'ConfigMap'),
    said: '1: ConfigMap o: not a rule, left aside',
  },
};

const file = 'rules.yaml';
const remarksOn = (text: string) =>
  remarks(rulesOf(text), registry).map((remark) => formatRemark(remark).slice(file.length + 1));

describe.each(Object.entries(examples))('%s', (code, { rules, said, meant }) => {
  it(remarkCodes[code as RemarkCode], () => expect(remarksOn(rules)).toContain(`${said} [${code}]`));
  if (meant) it('as it was meant', () => expect(remarksOn(meant)).toEqual([]));
});
