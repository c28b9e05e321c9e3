import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../lanes/lint/lint.ts';
import { lintMesh } from './lint.ts';
import { asked, liveMesh, podOf, said, serviceOf } from './testing.ts';

const pods = [
  podOf('web-abc-1', 'web', 'v1', '10.1.0.1'),
  podOf('api-v1-abc-1', 'api', 'v1', '10.1.0.2'),
  podOf('api-v2-abc-1', 'api', 'v2', '10.1.0.3'),
];
const port = '{ name: http, port: 80 }';
const v1 = { name: 'api-v1-abc-1', ip: '10.1.0.2' };
const v2 = { name: 'api-v2-abc-1', ip: '10.1.0.3' };
const services = [
  serviceOf('api', port, [v1, v2]),
  serviceOf('api-v1', port, [v1]),
  serviceOf('api-v2', port, [v2]),
];

/** A Gateway of `shop`, and the pods that istiod makes of it. */
const gateway = (name: string, more = '', listener = '') => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: shop }
spec:
  gatewayClassName: istio
  ${more}
  listeners: [{ name: http, port: 80, protocol: HTTP${listener} }]
`;
const gatewayPod = (name: string, labels: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}-abc-1, namespace: shop, labels: { pod-template-hash: abc, ${labels} } }
spec: { containers: [{ name: istio-proxy, args: [proxy, router] }] }
status: { phase: Running }
`;
const doorPod = gatewayPod('door-istio', 'gateway.networking.k8s.io/gateway-name: door');

const route = (name: string, spec: string, namespace = 'shop') => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
const toApi = '{ group: "", kind: Service, name: api }';
const baseline = route(
  'base',
  `{ parentRefs: [${toApi}, { name: door }], rules: [{ backendRefs: [{ name: api-v1, port: 80 }] }] }`,
);
const lane = route(
  'lane',
  `{ parentRefs: [${toApi}], rules: [{ name: to-v2, matches: [{ headers: [{ name: color, value: v2 }] }], backendRefs: [{ name: api-v2, port: 80 }] }] }`,
);

const mesh = (...more: string[]) => liveMesh([...pods, ...services, ...more].join('\n---\n'));
const web = { from: 'deploy/web' };
const door = { from: 'deploy/door-istio' };

describe('HTTPRoutes of a cluster', () => {
  it('steer the sidecars of those who call their Service', () => {
    const cluster = mesh(gateway('door'), baseline, lane);
    expect(said(asked(cluster, 'http://api/', { ...web, headers: { color: 'v2' } }))).toEqual([
      '✓ HTTPRoute shop/lane rules[0].matches[0]  to-v2  decides',
      '→ outbound|80||api-v2.shop.svc.cluster.local',
      '→ api-v2-abc-1 (version v2)',
    ]);
    expect(said(asked(cluster, 'http://api/', web))).toContain('→ api-v1-abc-1 (version v1)');
  });

  it('steer the pods of their Gateway, and no others', () => {
    const other = gatewayPod('other-istio', 'gateway.networking.k8s.io/gateway-name: other');
    const cluster = mesh(gateway('door'), gateway('other'), doorPod, other, baseline);
    expect(said(asked(cluster, 'http://x.test/', door))).toContain('→ api-v1-abc-1 (version v1)');
    expect(said(asked(cluster, 'http://x.test/', { from: 'deploy/other-istio' })).join('\n')).toContain(
      '404: no route',
    );
  });

  it('steer no gateway that is nobody’s: only the local mesh takes it for the first', () => {
    const nobody = gatewayPod('edge', 'app: edge');
    const answer = said(
      asked(mesh(gateway('door'), nobody, baseline), 'http://x.test/', { from: 'deploy/edge' }),
    );
    expect(answer).toContain(
      '→ 404: no route (NR): no Gateway is for this gateway: shop/door is for pods of its own',
    );
  });

  it('steer the gateway behind the Service of an address', () => {
    const byAddress = gateway('door', 'addresses: [{ type: Hostname, value: edge.shop.svc.cluster.local }]');
    const [edge, beside] = [gatewayPod('edge', 'app: edge'), gatewayPod('beside', 'app: beside')];
    const cluster = mesh(byAddress, edge, beside, serviceOf('edge', port, []), baseline);
    expect(said(asked(cluster, 'http://x.test/', { from: 'deploy/edge' }))).toContain(
      '→ api-v1-abc-1 (version v1)',
    );
    expect(said(asked(cluster, 'http://x.test/', { from: 'deploy/beside' })).at(0)).toBe(
      '→ 404: no route (NR): no Gateway is for this gateway: shop/door is for the pods of Service edge',
    );
  });

  it('are not heard on a port that the Service of the address has not', () => {
    const byAddress = gateway('door', 'addresses: [{ type: Hostname, value: edge.shop.svc.cluster.local }]');
    const more = `${byAddress.trimEnd().slice(0, -1)}, { name: alt, port: 8080, protocol: HTTP }]\n`;
    const cluster = mesh(more, gatewayPod('edge', 'app: edge'), serviceOf('edge', port, []), baseline);
    expect(said(asked(cluster, 'http://x.test:8080/', { from: 'deploy/edge' })).join('\n')).not.toContain(
      '8080',
    );
    expect(asked(cluster, 'http://x.test:8080/', { from: 'deploy/edge' }).head.port).toBe(80);
  });

  it('are found behind a listener that ends TLS', () => {
    const tls = gateway('door').replace(
      'port: 80, protocol: HTTP',
      'port: 443, protocol: HTTPS, tls: { mode: Terminate, certificateRefs: [{ name: cert }] }',
    );
    expect(said(asked(mesh(tls, doorPod, baseline), 'https://x.test/', door))).toEqual([
      '✓ HTTPRoute shop/base rules[0]  shop.base.0  decides',
      '→ outbound|80||api-v1.shop.svc.cluster.local',
      '→ api-v1-abc-1 (version v1)',
    ]);
  });

  it('are in one list with GRPCRoutes', () => {
    const call = route(
      'call',
      `{ parentRefs: [${toApi}, { name: door }], rules: [{ matches: [{ method: { service: demo } }], backendRefs: [{ name: api-v2, port: 80 }] }] }`,
    ).replace('HTTPRoute', 'GRPCRoute');
    const cluster = mesh(gateway('door'), doorPod, baseline, call);
    for (const [url, from] of [
      ['http://api/demo/Ask', web],
      ['http://x.test/demo/Ask', door],
    ] as const) {
      expect(said(asked(cluster, url, from)).at(0)).toBe(
        '✓ GRPCRoute shop/call rules[0].matches[0]  shop.call.0  decides',
      );
    }
    expect(said(asked(cluster, 'http://api/', web))).toContain('→ api-v1-abc-1 (version v1)');
  });

  it('say what Istio says of them', () => {
    const refused = route(
      'late',
      `{ parentRefs: [{ name: door, sectionName: https }], rules: [{ backendRefs: [{ name: api-v2, port: 80 }] }] }`,
    );
    const lost = route(
      'lost',
      `{ parentRefs: [${toApi}], rules: [{ backendRefs: [{ name: api-v9, port: 80 }] }] }`,
    );
    const cluster = mesh(gateway('door'), doorPod, refused, lost);
    expect(said(asked(cluster, 'http://x.test/', door))).toContain(
      '· HTTPRoute shop/late is for this Gateway, which does not accept it: NoMatchingParent: sectionName "https" not found',
    );
    expect(said(asked(cluster, 'http://api/', web)).slice(1)).toEqual([
      '→ outbound|80||api-v9.shop.svc.cluster.local',
      '→ 500: no such cluster (NC): api-v9: no such service in namespace shop (has: api, api-v1, api-v2); did you mean api-v1?',
      '! HTTPRoute shop/lost rules[0].backendRefs[0]: ResolvedRefs is False, BackendNotFound: backend(api-v9.shop.svc.cluster.local) not found [route-refs-unresolved]',
    ]);
  });

  it('are told with what istiod alone knows, of the object as it is now', () => {
    const withStatus = (object: string, generation: number, status: string) =>
      `${object.replace('namespace: shop }', `namespace: shop, generation: ${generation} }`).trimEnd()}\nstatus: ${status}\n`;
    const broken =
      '{ type: ResolvedRefs, status: "False", reason: InvalidCertificateRef, message: no such secret, observedGeneration: 2 }';
    const ofDoor = `{ listeners: [{ name: http, conditions: [${broken}] }] }`;
    const refused = `{ parents: [{ controllerName: istio.io/gateway-controller, parentRef: { name: door }, conditions: [{ type: Accepted, status: "False", reason: Odd, message: because, observedGeneration: 1 }] }] }`;
    const answer = (generation: number) =>
      said(
        asked(
          mesh(withStatus(gateway('door'), generation, ofDoor), doorPod, withStatus(baseline, 1, refused)),
          'http://x.test/',
          door,
        ),
      );
    const ofListener =
      '· istiod says of Gateway shop/door, listener http: ResolvedRefs is False, InvalidCertificateRef: no such secret';
    expect(answer(2)).toContain(ofListener);
    expect(answer(2)).toContain('· istiod says of HTTPRoute shop/base: Accepted is False, Odd: because');
    expect(answer(3)).not.toContain(ofListener);
  });

  it('need leave to go to another namespace from a gateway', () => {
    const far = route(
      'far',
      `{ parentRefs: [{ name: door, namespace: shop }], rules: [{ backendRefs: [{ name: api-v1, namespace: shop, port: 80 }] }] }`,
      'web',
    );
    const open = gateway(
      'door',
      '',
      ', allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { team: a } } } }',
    );
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: web, labels: { team: a } }';
    const grant = `
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: { name: web, namespace: shop }
spec: { from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web }], to: [{ group: "", kind: Service }] }
`;
    const all = [open, doorPod, far, namespace];
    const answer = (...more: string[]) => said(asked(mesh(...all, ...more), 'http://x.test/', door));
    expect(answer(grant)).toContain('→ api-v1-abc-1 (version v1)');
    expect(answer()[2]).toBe(
      '→ 500: no such cluster (NC): the HTTPRoute names a backend that it may not use, or of an unknown kind',
    );
    expect(answer()[3]).toContain('RefNotPermitted');
  });

  it('of another namespace than their Service’s are for callers there', () => {
    const stranger = route(
      'stranger',
      `{ parentRefs: [{ group: "", kind: Service, name: api, namespace: shop }], rules: [{ backendRefs: [{ name: api-v2, namespace: shop, port: 80 }] }] }`,
      'other',
    );
    expect(said(asked(mesh(stranger), 'http://api/', web))).toContain(
      '· HTTPRoute other/stranger has this host, but it is of another namespace than the Service, so it steers callers of other alone',
    );
  });

  it('count within the Sidecar of the workload', () => {
    const sidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["./api.shop.svc.cluster.local"] }] }
`;
    const answer = said(asked(mesh(baseline, sidecar), 'http://api/', web));
    expect(answer).toContain('→ api-v1-abc-1 (version v1)');
  });
});

describe('what is not judged of the Gateway API', () => {
  const rules = (...all: string[]) => `{ parentRefs: [${toApi}], rules: [${all.join(', ')}] }`;
  const cors = `{ matches: [{ path: { value: /cors } }], filters: [{ type: CORS, cors: {} }], backendRefs: [{ name: api-v1, port: 80 }] }`;
  const plain = '{ backendRefs: [{ name: api-v2, port: 80 }] }';

  it('is named where it decides about the request', () => {
    const cluster = mesh(route('some', rules(cors, plain)));
    expect(said(asked(cluster, 'http://api/cors', web)).slice(2)).toEqual([
      '→ api-v1-abc-1 (version v1)',
      '? not judged: HTTPRoute shop/some rules[0]: filters[0]: CORS',
    ]);
    expect(said(asked(cluster, 'http://api/', web)).at(-1)).toBe('→ api-v2-abc-1 (version v2)');
  });

  it('of a parent that is a ServiceEntry, to those who call it', () => {
    const entry = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: out, namespace: shop }
spec: { hosts: [out.test], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS }
`;
    const toEntry = route(
      'out',
      '{ parentRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: out }], rules: [] }',
    );
    const line = '? not judged: HTTPRoute shop/out parentRefs[0]: ServiceEntry is not run here';
    const cluster = mesh(entry, toEntry, baseline);
    expect(said(asked(cluster, 'http://out.test/', web))).toContain(line);
    expect(said(asked(cluster, 'http://api/', web))).not.toContain(line);
  });

  it('is told by what could not be seen', () => {
    const blind = liveMesh(
      [...pods, ...services, baseline].join('\n---\n'),
      {},
      { httpRoutes: ['shop'], referenceGrants: [], gatewayClasses: [] },
    );
    const answer = said(asked(blind, 'http://api/', web));
    expect(answer).toContain(
      '? not seen: HTTPRoute: only of shop; a rule of another namespace, or of istio-system, may decide otherwise',
    );
    expect(answer).toContain(
      '? not seen: ReferenceGrant: none; a rule of another namespace, or of istio-system, may decide otherwise',
    );
    expect(answer).toContain(
      '? not seen: GatewayClass: none; Gateways of class istio count as those of Istio, and no others',
    );
  });
});

describe('lint', () => {
  const lint = (...more: string[]) => lintMesh(mesh(...more)).map(formatFinding);

  it('has nothing to say of lanes as HTTPRoutes', () =>
    expect(lint(gateway('door'), gateway('other'), doorPod, baseline, lane)).toEqual([]));

  it('takes a waypoint for no Gateway of somebody else', () => {
    const classOf = (name: string, controller: string) =>
      `apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: { name: ${name} }\nspec: { controllerName: ${controller} }`;
    const classes = [classOf('istio-waypoint', 'istio.io/mesh-controller'), classOf('other', 'other.test/x')];
    const ofClass = (name: string) =>
      gateway(name).replace('gatewayClassName: istio', `gatewayClassName: ${name}`);
    expect(lint(...classes, ofClass('istio-waypoint'), ofClass('other'))).toEqual([
      expect.stringMatching(/^Gateway shop\/other: .*other: no class of Istio.*\[gateway-class-unknown\]$/),
    ]);
  });

  it('names a colour that another service is not routed by', () => {
    const shop = [
      podOf('pay-v2-abc-1', 'pay', 'v2', '10.1.0.9'),
      serviceOf('pay', port, [{ name: 'pay-v2-abc-1', ip: '10.1.0.9' }]),
      route(
        'pay',
        '{ parentRefs: [{ group: "", kind: Service, name: pay }], rules: [{ backendRefs: [{ name: pay, port: 80 }] }] }',
      ),
    ];
    expect(lint(gateway('door'), baseline, lane, ...shop)).toEqual([
      'HTTPRoute shop/lane rules[0]: color: v2 is routed here, but not at pay.shop, which has pods of version v2; write a route for it there too [color-routed-partly]',
    ]);
  });

  it('names what Istio does not accept, and notes what is not run', () => {
    const cors = route(
      'cors',
      `{ parentRefs: [${toApi}], rules: [{ matches: [{ path: { value: /cors } }], filters: [{ type: CORS, cors: {} }], backendRefs: [{ name: api-v1, port: 80 }] }] }`,
    );
    expect(lint(baseline, cors)).toEqual([
      'HTTPRoute shop/base parentRefs[1]: no Gateway of Istio is there, so none is shop/door, so Istio says nothing of it [route-not-accepted]',
      'HTTPRoute shop/cors rules[0]: spec.rules[0].filters[0]: CORS: not judged here [not-run-here]',
    ]);
  });
});

describe('the gateway that asks', () => {
  const usual = gatewayPod('ingress', 'istio: ingressgateway');

  it('is the one for which there is a Gateway, where nobody says which', () =>
    expect(
      asked(mesh(gateway('door'), doorPod, usual, baseline), 'http://x.test/').caller.pod.metadata.name,
    ).toBe('door-istio-abc-1'));

  it('is that of the namespace', () => {
    const elsewhere = usual.replace('namespace: shop', 'namespace: edge');
    const cluster = mesh(gateway('door'), doorPod, elsewhere, baseline);
    const podOfGateway = (namespace: string) =>
      asked(cluster, 'http://x.test/', { from: 'gateway', namespace }).caller.pod.metadata.name;
    expect(['shop', 'edge'].map(podOfGateway)).toEqual(['door-istio-abc-1', 'ingress-abc-1']);
  });
});
