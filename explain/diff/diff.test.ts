import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { effectTypes } from './effect.ts';
import { diffOf, effectsOf } from './testing/effects-of.ts';

const subsets = (...names: string[]) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web }
spec: { host: web, subsets: [${names.map((name) => `{ name: ${name}, labels: { version: ${name} } }`).join(', ')}] }
---`;

const toSubset = (name: string, more = '') =>
  `route: [{ destination: { host: web, subset: ${name} }${more} }]`;

const lane = (name: string, { header = 'x-lane', more = '' } = {}) =>
  `{ name: web/${name}, match: [{ headers: { ${header}: { exact: ${name} } } }], ${toSubset(name)} ${more} }`;

/** A VirtualService of the mesh; the last route takes what is left. */
const routes = (...http: string[]) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec: { hosts: [web], http: [${http.join(', ')}] }
---`;

const rest = `{ name: web/v0, ${toSubset('v0')} }`;

/** What the gateway has. */
const atGateway = (hosts: string, ...http: string[]) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web-door }
spec: { hosts: [${hosts}], gateways: [door], http: [${http.join(', ')}] }
---`;

const fallback = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: web-fallback }
spec:
  configPatches:
    - applyTo: CLUSTER
      match: { context: ANY }
      patch:
        operation: ADD
        value:
          name: fallback|80|v1|web
          connect_timeout: 10s
          lb_policy: CLUSTER_PROVIDED
          cluster_type:
            name: envoy.clusters.aggregate
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig
              clusters: ["outbound|80|v1|web.shop.svc.cluster.local", "outbound|80|v0|web.shop.svc.cluster.local"]
    - applyTo: HTTP_ROUTE
      match: { context: ANY, routeConfiguration: { vhost: { route: { name: web/v1 } } } }
      patch: { operation: MERGE, value: { route: { cluster: fallback|80|v1|web } } }
---`;

const lanes = `${subsets('v0', 'v1', 'v2')}${routes(lane('v1'), lane('v2'), rest)}`;
const link = `{ match: [{ authority: { prefix: v1.localhost } }], headers: { request: { set: { x-lane: v1 } } }, ${toSubset('v1')} }`;
const door = atGateway('"*"', lane('v1'), rest);

const examples: Record<string, { before: string; after: string; effects: string[] }> = {
  'a lane is gone, and its subset': {
    before: lanes,
    after: `${subsets('v0', 'v1')}${routes(lane('v1'), rest)}`,
    effects: ['! lane-lost web/v2: v2 -> v0', '! subset-lost web/v2'],
  },
  'a lane is new': {
    before: `${subsets('v0', 'v1')}${routes(lane('v1'), rest)}`,
    after: lanes,
    effects: ['. lane-added web/v2: v0 -> v2', '. subset-added web/v2'],
  },
  'a lane leads elsewhere': {
    before: lanes,
    after: lanes.replace(lane('v2'), lane('v2').replace('subset: v2', 'subset: v1')),
    effects: ['! lane-moved web/v2: v2 -> v1'],
  },
  'a lane whose subset nobody has defined': {
    before: `${subsets('v0', 'v1')}${routes(lane('v1'), rest)}`,
    after: `${subsets('v0', 'v1')}${routes(lane('v1'), lane('v2'), rest)}`,
    effects: [
      expect.stringMatching(/^! lane-unserved web\/v2: v0 -> 503: no such cluster \(NC\)/),
    ] as string[],
  },
  'a lane is shadowed by a route before it': {
    before: lanes,
    after: lanes.replace('http: [', `http: [{ match: [{ headers: { x-lane: {} } }], ${toSubset('v0')} }, `),
    effects: expect.arrayContaining([
      '! lane-moved web/v1: v1 -> v0',
      '! route-unreachable web/v1:  -> never reached: spec.http[0] comes first and takes all its requests',
    ]) as string[],
  },
  'another header': {
    before: lanes,
    after: lanes.replaceAll('x-lane', 'x-color'),
    effects: ['! header-changed web/v1: x-lane -> x-color', '! header-changed web/v2: x-lane -> x-color'],
  },
  'the baseline is another version': {
    before: lanes,
    after: lanes.replace(rest, `{ ${toSubset('v1')} }`),
    effects: ['! baseline-moved web/-: v0 -> v1'],
  },
  'a VirtualService is gone: everybody serves everybody': {
    before: lanes,
    after: subsets('v0', 'v1', 'v2'),
    effects: [
      '! baseline-moved web/-: v0 -> v0 or v1 or v2',
      '! lane-lost web/v1: v1 -> v0 or v1 or v2',
      '! lane-lost web/v2: v2 -> v0 or v1 or v2',
    ],
  },
  'a path is taken over': {
    before: lanes,
    after: lanes.replace('http: [', `http: [{ match: [{ uri: { prefix: /api } }], ${toSubset('v2')} }, `),
    effects: expect.arrayContaining(['! path-moved web/-/api: v0 -> v2']) as string[],
  },
  weights: {
    before: lanes,
    after: lanes.replace(
      rest,
      `{ route: [{ destination: { host: web, subset: v0 }, weight: 90 }, { destination: { host: web, subset: v1 }, weight: 10 }] }`,
    ),
    effects: ['. weights-changed web/-: v0 -> 90 % v0, 10 % v1'],
  },
  'a time-out': {
    before: lanes,
    after: lanes.replace(rest, rest.replace('{ ', '{ timeout: 2s, ')),
    effects: ['. way-changed web/-:  -> time-out: 2 s, then 504 (UT)'],
  },
  'a fault': {
    before: lanes,
    after: lanes.replace(
      rest,
      rest.replace('{ ', '{ fault: { abort: { httpStatus: 500, percentage: { value: 50 } } }, '),
    ),
    effects: ['! baseline-moved web/-: v0 -> 50 % 500: fault filter abort (FI), 50 % v0'],
  },
  'a fallback is gone': {
    before: `${lanes}${fallback}`,
    after: lanes,
    effects: ['! fallback-lost web/v1: v0 -> '],
  },
  'a fallback is new': {
    before: lanes,
    after: `${lanes}${fallback}`,
    effects: ['. fallback-added web/v1:  -> v0'],
  },
  'a link is gone': {
    before: `${lanes}${atGateway('"*"', link, lane('v1'), rest)}`,
    after: `${lanes}${door}`,
    effects: ['! link-lost web/v1: v1 -> v0'],
  },
  'a link is new': {
    before: `${lanes}${door}`,
    after: `${lanes}${atGateway('"*"', link, lane('v1'), rest)}`,
    effects: ['. link-added web/v1: v0 -> v1'],
  },
  'a host is gone at the gateway': {
    before: `${lanes}${atGateway('shop.example, admin.example', lane('v1'), rest)}`,
    after: `${lanes}${atGateway('shop.example', lane('v1'), rest)}`,
    effects: [expect.stringMatching(/^! host-lost gateway\/admin\.example: v0 -> 404: no route/)] as string[],
  },
  'a host is new at the gateway': {
    before: `${lanes}${atGateway('shop.example', lane('v1'), rest)}`,
    after: `${lanes}${atGateway('shop.example, admin.example', lane('v1'), rest)}`,
    effects: [expect.stringMatching(/^\. host-added gateway\/admin\.example: 404.* -> v0$/)] as string[],
  },
};

describe('the effect', () => {
  const seen = new Set<string>();

  it.each(Object.entries(examples))('%s', (_, { before, after, effects }) => {
    const found = effectsOf(before, after);
    for (const line of found) seen.add(line.split(' ')[1] ?? '');
    expect(found).toEqual(effects);
  });

  it('has an example of every kind', () => {
    expect(Object.keys(effectTypes).filter((type) => !seen.has(type))).toEqual([]);
  });

  it('is none where the same is applied again', () =>
    expect(diffOf(lanes, lanes)).toMatchObject({ changes: [], effects: [] }));
});

it('counts the versions that requests reach', () =>
  expect(diffOf(lanes, `${subsets('v0')}${routes(rest)}`).versions).toEqual([
    { service: 'web', before: ['v0', 'v1', 'v2'], after: ['v0'] },
  ]));

it('says whose the rule is', () => {
  const owned = lanes.replace(
    'kind: VirtualService\nmetadata: { name: web }',
    'kind: VirtualService\nmetadata: { name: web, annotations: { meta.helm.sh/release-name: web-routes }, labels: { app.kubernetes.io/managed-by: Helm } }',
  );
  const [lost] = diffOf(owned, `${subsets('v0', 'v1', 'v2')}${routes(lane('v1'), rest)}`).effects;
  expect(lost).toMatchObject({
    type: 'lane-lost',
    callers: ['callers in shop'],
    object: { kind: 'VirtualService', namespace: 'shop', name: 'web' },
    owner: 'Helm release web-routes',
  });
});

it('tells services of one name apart by their namespace', () => {
  const twice = (yaml: string) => `${yaml}${yaml.replaceAll('name: web }', 'name: web, namespace: other }')}`;
  expect(effectsOf(twice(lanes), `${twice(lanes)}`.replace(lane('v2'), lane('v1')))).toEqual(
    expect.arrayContaining(['! lane-lost web.shop/v2: v2 -> v0']),
  );
});

describe('of HTTPRoutes', async () => {
  const [baseline, gateway, v1, v3] = await Promise.all(
    ['baseline', 'gateway', 'lane-release-v1', 'lane-release-v3'].map((name) =>
      readFile(`gateway-api/${name}.yaml`, 'utf8'),
    ),
  );
  const folder = (...files: (string | undefined)[]) => files.join('\n---\n');
  const all = folder(baseline, gateway, v1, v3);

  it('a lane goes with all that is its own', () => {
    expect(effectsOf(all, folder(baseline, gateway, v1))).toEqual([
      '! lane-lost service-b/release-v3: release-v3 -> release',
    ]);
    expect(effectsOf(folder(baseline, gateway, v1), all)).toEqual([
      '. lane-added service-b/release-v3: release -> release-v3',
    ]);
  });

  it('a Service that goes before its route leaves nobody', () => {
    const routeAlone = all.replace(
      /apiVersion: v1\nkind: Service\nmetadata:\n {2}name: service-b-release-v3[\s\S]*?---/,
      '',
    );
    expect(effectsOf(all, routeAlone.replaceAll('fallback|32000||service-b-release-v3', 'gone'))).toEqual([
      expect.stringMatching(/^! lane-moved service-b\/release-v3: release-v3 -> /),
    ]);
  });

  it('a path of somebody else comes before the header of every lane', () => {
    const rival = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: rival, namespace: coloring }
spec:
  parentRefs: [{ group: "", kind: Service, name: service-b, port: 32000 }]
  rules: [{ matches: [{ path: { value: /api } }], backendRefs: [{ name: service-b-release, port: 32000 }] }]`;
    expect(effectsOf(all, folder(all, rival))).toEqual([
      '! lane-lost service-b/release-v1/api: release-v1 -> release',
      '! lane-lost service-b/release-v3/api: release-v3 -> release',
    ]);
  });
});

it('names what of a changed object is not judged', () => {
  const cors = lanes.replace(rest, rest.replace('{ ', '{ corsPolicy: { allowOrigins: [{ exact: "*" }] }, '));
  expect(diffOf(lanes, cors).notJudged).toEqual(['VirtualService shop/web http[2]: spec.http[2].corsPolicy']);
  expect(diffOf(cors, cors).notJudged).toEqual([]);
});
