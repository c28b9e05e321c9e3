import { describe, expect, it } from 'vitest';
import { asked, liveMesh, podOf, said, serviceOf } from './testing.ts';

const gateway = `
apiVersion: v1
kind: Pod
metadata: { name: ingress-1, namespace: istio-system, labels: { istio: ingressgateway } }
spec: { containers: [{ name: istio-proxy, args: [proxy, router] }] }
status: { phase: Running }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers:
    - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }
    - { port: { number: 443, name: https, protocol: HTTPS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: cert } }
    - { port: { number: 444, name: tls, protocol: TLS }, hosts: ["*"], tls: { mode: PASSTHROUGH } }
`;
const namespace = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: bare }
`;
const web = podOf('web-abc-1', 'web', 'v1', '10.1.0.1');
const api1 = podOf('api-v1-abc-1', 'api', 'v1', '10.1.0.2');
const api2 = podOf('api-v2-abc-1', 'api', 'v2', '10.1.0.3');
const apiService = serviceOf('api', '{ name: http, port: 80 }', [
  { name: 'api-v1-abc-1', ip: '10.1.0.2' },
  { name: 'api-v2-abc-1', ip: '10.1.0.3' },
]);
const subsets = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api, namespace: shop }
spec:
  host: api
  trafficPolicy: { tls: { mode: SIMPLE } }
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`;
const routes = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api, namespace: shop, creationTimestamp: "2026-01-02T00:00:00Z" }
spec:
  hosts: [api]
  http:
    - name: api/v2
      match: [{ headers: { color: { exact: v2 } } }]
      corsPolicy: { allowOrigins: [{ exact: "*" }] }
      route: [{ destination: { host: api, subset: v2 } }]
    - name: api/v1
      route: [{ destination: { host: api, subset: v1 } }]
`;
const all = [gateway, namespace, web, api1, api2, apiService, subsets, routes];
const mesh = (...more: string[]) => liveMesh([...all, ...more].join('\n---\n'));

describe('a question to a cluster', () => {
  it('is decided as the local mesh decides, with objects in place of files and lines', () =>
    expect(said(asked(mesh(), 'http://api/', { from: 'deploy/web', headers: { color: 'v2' } }))).toEqual([
      '✓ VirtualService shop/api http[0].match[0]  api/v2  decides',
      '→ outbound|80|v2|api.shop.svc.cluster.local',
      '→ api-v2-abc-1 (version v2)',
      '? not judged: VirtualService shop/api http[0]: corsPolicy',
      '? not judged: DestinationRule shop/api: trafficPolicy.tls.mode',
    ]));

  it('names what is not judged only where it concerns the request', () =>
    expect(said(asked(mesh(), 'http://api/', { from: 'web-abc-1' }))).toEqual([
      '✓ VirtualService shop/api http[1]           api/v1  decides',
      '→ outbound|80|v1|api.shop.svc.cluster.local',
      '→ api-v1-abc-1 (version v1)',
      '? not judged: DestinationRule shop/api: trafficPolicy.tls.mode',
    ]));

  it('takes the older of two rules for one host', () => {
    const older = routes
      .replace('name: api,', 'name: older,')
      .replace('2026-01-02', '2026-01-01')
      .replace('color:', 'other:');
    const answer = said(asked(mesh(older), 'http://api/', { from: 'deploy/web', headers: { other: 'v2' } }));
    expect(answer[0]).toBe('✓ VirtualService shop/older http[0].match[0]  api/v2  decides');
    expect(answer.join('\n')).toContain('has this host as well; sidecars obey one of them only');
  });

  it('asks the gateway by default, on the port of the scheme', () => {
    const bound = routes
      .replace('hosts: [api]', 'hosts: ["*"]\n  gateways: [door]')
      .replace('name: api,', 'name: edge,');
    expect(said(asked(mesh(bound), 'https://shop.test/'))[2]).toBe('→ api-v1-abc-1 (version v1)');
    expect(said(asked(mesh(bound), 'https://shop.test:444/'))).toContain('→ api-v1-abc-1 (version v1)');
  });
});

describe('why no rule counts', () => {
  it.each([
    [
      'a pod without sidecar in a namespace without label',
      `apiVersion: v1\nkind: Pod\nmetadata: { name: curl, namespace: bare }\nspec: { containers: [{ name: curl }] }\nstatus: {}`,
      { from: 'curl', namespace: 'bare' },
      'http://api.shop/',
      'no sidecar, so no rules: namespace bare is not labelled; kubectl label namespace bare istio-injection=enabled, then restart its pods',
    ],
    [
      'a pod in ambient mode',
      `apiVersion: v1\nkind: Namespace\nmetadata: { name: calm, labels: { istio.io/dataplane-mode: ambient } }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: curl, namespace: calm }\nspec: { containers: [{ name: curl }] }\nstatus: {}`,
      { from: 'curl', namespace: 'calm' },
      'http://api.shop/',
      'no sidecar, so no rules: namespace calm is in ambient mode; a waypoint in front of the service decides, which is not judged here',
    ],
    [
      'a port that speaks no HTTP',
      serviceOf('db', '{ name: mysql, port: 3306 }', []),
      { from: 'deploy/web' },
      'http://db:3306/',
      '→ no HTTP rule has a say: port 3306 of db.shop speaks MYSQL by its name "mysql", so its connections are handed on unread',
    ],
    [
      'TLS of the client',
      '',
      { from: 'deploy/web' },
      'https://api/',
      '→ no HTTP rule has a say: TLS of the client passes the sidecar unread, by its server name',
    ],
    [
      'a headless service, whose pod the client itself has chosen',
      serviceOf('peers', '{ name: http, port: 80 }', [{ name: 'web-abc-1', ip: '10.1.0.1' }]).replace(
        '10.0.0.1',
        'None',
      ),
      { from: 'deploy/web' },
      'http://peers/',
      '→ web-abc-1 (version v1)',
    ],
    [
      'the address of a service',
      '',
      { from: 'deploy/web' },
      'http://10.0.0.1/',
      '→ api-v1-abc-1 (version v1)',
    ],
    [
      'another name of a service',
      `apiVersion: v1\nkind: Service\nmetadata: { name: old, namespace: shop }\nspec: { type: ExternalName, externalName: api.shop.svc.cluster.local }`,
      { from: 'deploy/web' },
      'http://old/',
      '→ api-v1-abc-1 (version v1)',
    ],
  ])('%s', (_, more, from, url, line) => expect(said(asked(mesh(more), url, from))).toContain(line));
});

it('follows delegates', () => {
  const root = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: root, namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z" }
spec:
  hosts: [api]
  http:
    - { name: r, match: [{ uri: { prefix: /a } }], delegate: { name: leaf } }
    - { match: [{ uri: { prefix: /b } }], delegate: { name: nobody } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: leaf, namespace: shop }
spec:
  http:
    - { name: far, match: [{ uri: { prefix: /x } }], route: [{ destination: { host: api, subset: v1 } }] }
    - { name: near, match: [{ uri: { prefix: /a/b } }], route: [{ destination: { host: api, subset: v2 } }] }
`;
  const answer = said(asked(mesh(root), 'http://api/a/b/c', { from: 'deploy/web' }));
  expect(answer[0]).toBe('✓ VirtualService shop/leaf http[1].match[0]  r-near  decides');
  expect(answer[2]).toBe('→ api-v2-abc-1 (version v2)');
  expect(answer.join('\n')).toContain(
    'VirtualService shop/root http[1]: there is no delegate VirtualService shop/nobody, so the route does nothing',
  );
});

it('obeys the Sidecar of the workload', () => {
  const sidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["istio-system/*"] }], outboundTrafficPolicy: { mode: REGISTRY_ONLY } }
`;
  const answer = said(asked(mesh(sidecar), 'http://api/', { from: 'deploy/web' }));
  expect(answer).toContain('· Sidecar shop/default says what this workload sees');
  expect(answer.join('\n')).toContain('→ 502: REGISTRY_ONLY');
});

it('says what the user may not see', () => {
  const blind = liveMesh(
    all.join('\n---\n'),
    { assumed: true },
    { gateways: ['shop'], pods: ['shop'], namespaces: [] },
  );
  const answer = said(asked(blind, 'http://api/', { from: 'deploy/web' }));
  expect(answer).toContain(
    '? not seen: Pod: only of shop; services elsewhere count as hosts that nobody knows',
  );
  expect(answer).toContain(
    '? not seen: Gateway: only of shop; a rule of another namespace, or of istio-system, may decide otherwise',
  );
  expect(answer).toContain(
    '? not seen: Namespace: none; their labels are not known: for injection, ambient mode, and listeners that ask for them',
  );
  expect(answer.join('\n')).toContain("Istio's defaults are assumed");
});

describe('the callee', () => {
  const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web-only, namespace: shop }
spec: { selector: { matchLabels: { app: api } }, rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/web"] } }] }] }
`;
  it('lets in whom its policies let in', () => {
    const answer = asked(mesh(policy), 'http://api/', { from: 'deploy/web' });
    expect(said(answer).slice(-3, -1)).toEqual([
      'at shop/api-v1-abc-1',
      'AuthorizationPolicy shop/web-only (ALLOW) takes this request',
    ]);
  });

  it('turns the others away', () => {
    const other = policy.replace('sa/web"', 'sa/other"');
    const answer = asked(mesh(other), 'http://api/', { from: 'deploy/web' });
    expect(said(answer)).toContain('at shop/api-v1-abc-1: 403: RBAC: access denied');
  });

  it('names what it would ask of a token', () => {
    const token = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: shop }
spec: {}
`;
    expect(said(asked(mesh(token), 'http://api/', { from: 'deploy/web' }))).toContain(
      '? not judged: RequestAuthentication shop/jwt: a token, if one is sent',
    );
  });

  it('takes no caller without sidecar where it is strict', () => {
    const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: shop }
spec: { mtls: { mode: STRICT } }
---
apiVersion: v1
kind: Pod
metadata: { name: curl, namespace: bare }
spec: { containers: [{ name: curl }] }
status: {}
`;
    const answer = said(asked(mesh(strict), 'http://api.shop/', { from: 'curl', namespace: 'bare' }));
    expect(answer).toContain(
      'at shop/api-v1-abc-1: connection reset: PeerAuthentication shop/strict takes callers with a sidecar only (mTLS STRICT)',
    );
  });
});

describe('why no VirtualService counts', () => {
  it.each([
    ['there is none', '', 'no VirtualService and no HTTPRoute has this host: any endpoint may answer'],
    [
      'it is for gateways',
      routes.replace('hosts: [api]', 'hosts: [api]\n  gateways: [door]'),
      'VirtualService shop/api has this host, but for gateways only (shop/door)',
    ],
    [
      'it is not exported',
      routes.replace('hosts: [api]', 'hosts: [api]\n  exportTo: [other]'),
      'VirtualService shop/api has this host, but it is not exported to namespace shop (exportTo: other)',
    ],
  ])('%s', (_, rules, line) => {
    const without = liveMesh([...all.filter((one) => one !== routes), rules].join('\n---\n'));
    expect(said(asked(without, 'http://api/', { from: 'deploy/web' }))).toContain(`· ${line}`);
  });
});
