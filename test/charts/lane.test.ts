/** charts/lane: the objects that `coloring rules --api gateway` writes, the pods that charts/version makes, and the way out. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { laneValues } from '../../cluster/releases.ts';
import { gatewayApiFiles } from '../../lanes/generate/gateway-api.ts';
import { toYaml } from '../../lanes/generate/yaml.ts';
import { type Lanes, parseLanes, readLanes } from '../../lanes/lanes.ts';
import { formatProblem, parseRules } from '../../mesh/rules/load.ts';
import {
  hasHelm,
  helm,
  type KubernetesObject,
  keyOf,
  parseObjects,
  refusal,
  render,
  template,
} from './tools.ts';

const demo = await readLanes('lanes.yaml');
const least = { service: 'service-b', version: 'release-v1', port: 32_000 };

const isHook = ({ metadata }: KubernetesObject) => metadata.annotations?.['helm.sh/hook'] !== undefined;
const released = (values: object) => render('lane', 'lane', values).filter((object) => !isHook(object));
const kinds = (values: object) => released(values).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

/** Those of the rules, without what only Helm adds. */
function comparable(objects: readonly KubernetesObject[]) {
  const rules = objects.filter(
    (object) => !isHook(object) && !/^(Deployment|ServiceAccount)$/.test(object.kind),
  );
  return Object.fromEntries(rules.map((object) => [keyOf(object), { ...object, metadata: {} }]));
}

/** Each version of each service as a release of its own; the first entry's baseline makes the Gateway. */
function rendered(lanes: Lanes): KubernetesObject[] {
  return lanes.services.flatMap((service) =>
    service.versions.flatMap(({ name: version }) => {
      const { name, port, namespace, baseline } = service;
      const own = [
        '--set',
        `service=${name},port=${port},baseline=${baseline}`,
        '--set-string',
        `version=${version}`,
      ];
      const args = ['template', `${name}-${version}`, 'charts/lane', '--namespace', namespace];
      return parseObjects(helm([...args, ...own, ...laneValues(lanes, service, version)]));
    }),
  );
}

describe.skipIf(!hasHelm)('one truth (needs helm)', () => {
  test.each([
    ['lanes.yaml', demo],
    [
      'several entries in two namespaces, another header, gRPC',
      parseLanes(`
header: x-env
services:
  web: { port: 8080, calls: [api, db], entry: true, versions: [release, v10, v2] }
  api: { port: 8081, namespace: shop, calls: db, entry: true, hosts: [api.test], versions: [release, v2] }
  db: { port: 5432, namespace: data, protocol: grpc, versions: [main, v2], baseline: main }
`),
    ],
    [
      'names that YAML takes for something else',
      parseLanes('services:\n  on: { port: 8080, versions: [release, "1", "1e3", "null"] }\n'),
    ],
  ])('%s: the objects of coloring rules --api gateway', (_, lanes) => {
    const generated = gatewayApiFiles(lanes).flatMap(({ objects }) => parseObjects(toYaml(objects)));
    expect(comparable(rendered(lanes))).toEqual(comparable(generated));
  });

  test('the pods are those of charts/version', () => {
    const values = { ...least, replicas: 2, branch: 'a/b', env: { A: 'b' }, autoscaling: { enabled: true } };
    const pods = (objects: readonly KubernetesObject[]) =>
      Object.fromEntries(
        objects
          .filter(
            ({ kind, metadata }) =>
              !/^(Service|HTTPRoute|EnvoyFilter)$/.test(kind) && !metadata.name.endsWith('-drain'),
          )
          .map((object) => [keyOf(object), object]),
      );
    expect(pods(render('lane', 'x', values))).toEqual(pods(render('version', 'x', values)));
  });

  test('values and their bounds are those of charts/version and charts/routes', () => {
    const read = (file: string) => parse(readFileSync(file, 'utf8'));
    const schema = read('charts/lane/values.schema.json');
    const own = { ...schema.properties, ...schema.$defs.service.properties };
    const values = read('charts/lane/values.yaml');
    for (const chart of ['version', 'routes']) {
      const { properties } = read(`charts/${chart}/values.schema.json`);
      const defaults = read(`charts/${chart}/values.yaml`);
      // The chart's own: a gateway of another kind, and durations that HTTPRoutes write in another way.
      const others = new Set([
        'gateway',
        'timeout',
        'test',
        ...(chart === 'routes' ? ['service', 'port'] : []),
      ]);
      for (const name of Object.keys(own).filter((one) => one in properties && !others.has(one))) {
        expect(own[name], name).toEqual(properties[name]);
        expect(values[name], name).toEqual(defaults[name]);
      }
    }
    expect(Object.keys(values).sort()).toEqual(
      Object.keys(schema.properties)
        .filter((name) => !['global', 'workload'].includes(name))
        .sort(),
    );
  });
});

describe.skipIf(!hasHelm)('charts/lane (needs helm)', () => {
  test('a lane has all it needs, and nothing of anybody else', () => {
    expect(kinds(least)).toEqual([
      'ServiceAccount service-b-release-v1',
      'Service service-b-release-v1',
      'Deployment service-b-release-v1',
      'EnvoyFilter service-b-release-v1',
      'HTTPRoute service-b-release-v1',
    ]);
  });

  test("somebody's computer has the route, the Service and the fallback of any lane, and a Job", () => {
    const local = { by: 'ann@laptop', since: '2026-11-26T19:00:00Z', session: 'laptop/1', publicKey: 'abc' };
    const values = { ...least, local };
    const isPods = ({ kind }: KubernetesObject) => /^(Deployment|Job|ServiceAccount)$/.test(kind);
    expect(released(values).filter((one) => !isPods(one))).toEqual(
      released(least).filter((one) => !isPods(one)),
    );
    expect(released(values).filter(isPods)).toEqual(render('version', 'lane', values).filter(isPods));
  });

  test('the baseline has the name that callers use, and no fallback', () => {
    const values = { ...least, version: 'release', entry: true, gateway: { create: true } };
    expect(kinds(values)).toEqual([
      'ServiceAccount service-b-release',
      'Service service-b',
      'Service service-b-release',
      'Deployment service-b-release',
      'Gateway coloring',
      'HTTPRoute service-b-release',
    ]);
    expect(kinds({ ...values, entry: false })).not.toContain('Gateway coloring');
    expect(kinds({ ...values, version: 'v1' })).not.toContain('Gateway coloring');
  });

  test('several services: the values of each before those of the lane, false and 0 too', () => {
    const services = [
      { service: 'a', entry: true, env: { B: '2' } },
      { service: 'b', port: 9080, fallback: false, replicas: 0, probes: { startup: { path: '/up' } } },
    ];
    const values = { version: 'v1', env: { A: '1' }, replicas: 3, services };
    const objects = released(values);
    const of = (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name)?.spec;
    expect(of('Deployment', 'a-v1').template.spec.containers[0].env.slice(-2)).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
    const b = of('Deployment', 'b-v1');
    expect([of('Deployment', 'a-v1').replicas, b.replicas]).toEqual([3, 0]);
    const [{ ports, startupProbe }] = b.template.spec.containers;
    expect(ports).toEqual([{ name: 'http', containerPort: 9080 }]);
    expect(startupProbe).toMatchObject({ httpGet: { path: '/up' }, periodSeconds: 1 });
    expect(of('HTTPRoute', 'a-v1').parentRefs).toHaveLength(2);
    expect(of('HTTPRoute', 'b-v1').parentRefs).toHaveLength(1);
    expect(objects.filter(({ kind }) => kind === 'EnvoyFilter')).toHaveLength(1);
  });

  test('the fallback is where the pods of the gateway are', () => {
    const pods = { namespace: 'istio-system', selector: { istio: 'ingressgateway' } };
    const values = { ...least, entry: true, prefix: 'dev', gateway: { pods } };
    const filters = released(values).filter(({ kind }) => kind === 'EnvoyFilter');
    expect(filters.map(keyOf)).toEqual([
      'EnvoyFilter coloring/service-b-release-v1',
      'EnvoyFilter istio-system/dev-service-b-release-v1',
    ]);
    expect(filters[1]?.spec.workloadSelector).toEqual({ labels: pods.selector });
    expect(JSON.stringify(filters)).toContain('"name":"dev.service-b.release-v1"');
  });

  test('on the way out each route is replaced by one of nobody, then a pod sleeps', () => {
    const hooks = (values: object) =>
      render('lane', 'lane-v1', values)
        .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-delete')
        .sort((a, b) => weight(a) - weight(b));
    const weight = ({ metadata }: KubernetesObject) => Number(metadata.annotations?.['helm.sh/hook-weight']);
    const values = { version: 'v1', services: [{ service: 'a' }, { service: 'b' }], drain: { seconds: 7 } };
    const [a, b, pod] = hooks(values);
    expect([a, b].map((route) => route && keyOf(route))).toEqual([
      'HTTPRoute coloring/a-v1',
      'HTTPRoute coloring/b-v1',
    ]);
    expect(a?.spec).toEqual({});
    expect(pod?.spec.containers[0].command).toEqual(['node', '--eval', 'setTimeout(() => {}, 7000)']);
    expect(hooks({ ...values, drain: { seconds: 0 } })).toEqual([]);
    expect(hooks({ ...least, version: 'release' })).toEqual([]);
  });

  test('Argo CD: the route comes last and goes first; Service and fallback, which it leads to, outlive the pods', () => {
    const waves = Map.groupBy(released(least), ({ metadata }) =>
      Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0),
    );
    const kindsIn = (wave: number) =>
      waves
        .get(wave)
        ?.map(({ kind }) => kind)
        .sort();
    expect([...waves.keys()].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
    expect([kindsIn(-1), kindsIn(1)]).toEqual([['EnvoyFilter', 'Service'], ['HTTPRoute']]);
    expect(kindsIn(0)).toContain('Deployment');
  });

  test.each([
    ['a lane', least],
    ['an entry', { ...least, entry: true, timeout: '10s', hosts: ['a.test'] }],
    ['the baseline', { ...least, version: 'release', entry: true, gateway: { create: true } }],
    ['no retries at the baseline', { ...least, retryAtBaseline: false }],
  ])('the local mesh understands %s', (_, values) => {
    const text = parseObjects(template('lane', 'lane', values)).filter((object) => !isHook(object));
    const result = parseRules([
      { file: 'rendered.yaml', text: text.map((object) => JSON.stringify(object)).join('\n---\n') },
    ]);
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
  });

  test.each([
    ['no service', { version: 'v1' }, 'service is missing'],
    ['no version', { service: 'a' }, 'version is missing'],
    ['an unknown key', { ...least, gatway: {} }, "'gatway' not allowed"],
    [
      'an unknown key of a service',
      { version: 'v1', services: [{ service: 'a', prot: 1 }] },
      "'prot' not allowed",
    ],
    [
      'a service in a list and alone',
      { ...least, services: [{ service: 'a' }] },
      'which? Put it into the list',
    ],
    [
      'a service twice',
      { version: 'v1', services: [{ service: 'a' }, { service: 'a' }] },
      '"a" is there twice',
    ],
    ['nobody to steer', { ...least, mesh: false }, 'nobody would be steered'],
    ['a baseline in capitals', { ...least, baseline: 'Release' }, 'write release'],
    ['a duration that HTTPRoutes have not', { ...least, timeout: '1.5s' }, "at '/timeout'"],
    ['a name that is too long', { ...least, version: 'v'.repeat(50) }, 'may have 43 here'],
  ])('refuses %s', (_, values, expected) => {
    expect(refusal('lane', values)).toContain(expected);
  });

  test('a package of it has the library chart', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lane-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    helm(['package', 'charts/lane', '--destination', folder]);
    const [file = ''] = readdirSync(folder);
    const names = execFileSync('tar', ['-tzf', join(folder, file)], { encoding: 'utf8' });
    expect(names).toContain('lane/charts/workload/templates/_deployment.tpl');
  });
});
