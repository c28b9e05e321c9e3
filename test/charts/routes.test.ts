import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
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

const least = { service: 'service-b', port: 32000, versions: ['release', 'release-v1'] };

const find = (objects: readonly KubernetesObject[], key: string) => {
  const object = objects.find((candidate) => keyOf(candidate) === key);
  if (!object) throw new Error(`no ${key} among ${objects.map(keyOf).join(', ')}`);
  return object;
};
const spec = (values: object, key: string) =>
  find(render('routes', 'routes', { ...least, ...values }), key).spec;
const routeNames = (values: object) =>
  spec(values, 'VirtualService coloring/service-b').http.map(({ name }: { name: string }) => name);
const subsets = (values: object) =>
  spec(values, 'DestinationRule coloring/service-b').subsets.map(({ name }: { name: string }) => name);
const patches = (values: object): { applyTo: string }[] =>
  spec(values, 'EnvoyFilter coloring/service-b-fallback').configPatches;

describe.skipIf(!hasHelm)('charts/routes (needs helm)', () => {
  test('the port of the Service says what is spoken', () => {
    const portOf = (values: object) => spec(values, 'Service coloring/service-b').ports[0];
    expect(portOf({})).toMatchObject({ name: 'http', appProtocol: 'http', port: 32000, targetPort: 'http' });
    expect(portOf({ protocol: 'grpc' })).toMatchObject({ name: 'grpc', appProtocol: 'grpc' });
    expect(() => spec({ protocol: 'tcp' }, 'Service coloring/service-b')).toThrow(/protocol/);
  });

  test('the baseline comes last and takes the rest', () => {
    const { http } = spec(
      { versions: ['release-v3', 'release', 'release-v1'] },
      'VirtualService coloring/service-b',
    );
    expect(http.map(({ name }: { name: string }) => name)).toEqual([
      'service-b/release-v1',
      'service-b/release-v3',
      'service-b/release',
    ]);
    expect(http.at(-1)).not.toHaveProperty('match');
  });

  test('subset: it is defined, with its fallback, but no route leads to it', () => {
    const values = { versions: ['release', 'release-v1', 'release-v2'], states: { 'release-v2': 'subset' } };
    expect(subsets(values)).toEqual(['release', 'release-v1', 'release-v2']);
    expect(routeNames(values)).toEqual(['service-b/release-v1', 'service-b/release']);
    const whole = ['CLUSTER', 'HTTP_ROUTE'];
    expect(patches(values).map(({ applyTo }) => applyTo)).toEqual([...whole, ...whole]);
  });

  test('gone: neither', () => {
    const values = { states: { 'release-v1': 'gone' } };
    expect(subsets(values)).toEqual(['release']);
    expect(routeNames(values)).toEqual(['service-b/release']);
  });

  test('a subset stays without its Deployment, as a proxy may have the route still; a route does not', () => {
    const values = { versions: ['release'], states: { 'release-v1': 'subset', 'release-v2': 'routed' } };
    expect(subsets(values)).toEqual(['release', 'release-v1']);
    expect(routeNames(values)).toEqual(['service-b/release']);
  });

  test('the lists draining and exclude say the same', () => {
    const versions = ['release', 'release-v1', 'release-v2'];
    const states = { 'release-v1': 'subset', 'release-v2': 'gone' };
    const lists = { draining: ['release-v1'], exclude: ['release-v2'] };
    expect(template('routes', 'routes', { ...least, versions, ...lists })).toBe(
      template('routes', 'routes', { ...least, versions, states }),
    );
  });

  test('of a version that is in both, its state has the last word', () => {
    const lists = { draining: ['a', 'b', 'c'], exclude: ['d', 'e', 'f'] };
    const states = { a: 'routed', b: 'gone', c: null, d: 'routed', e: 'subset', f: null };
    const values = { versions: ['release', 'a', 'b', 'c', 'd', 'e', 'f'], ...lists, states };
    expect(routeNames(values)).toEqual(['service-b/a', 'service-b/d', 'service-b/release']);
    expect(subsets(values)).toEqual(['release', 'a', 'd', 'c', 'e']);
  });

  test('names that YAML takes for something else are names of versions', () => {
    const text = template('routes', 'routes', least);
    const flags = [
      '--set',
      'service=service-b,port=32000',
      '--set-json',
      'versions=["release","release-v1"]',
    ];
    const names = ['123', 'null', 'true', '1e3'];
    for (const state of ['gone', 'routed']) {
      const states = names.flatMap((name) => ['--set-literal', `states.${name}=${state}`]);
      const release = ['template', 'routes', 'charts/routes', '--namespace', 'coloring'];
      expect(helm([...release, ...flags, ...states])).toBe(text);
    }
    expect(subsets({ versions: ['release', ...names], states: { 123: 'gone', null: 'gone' } })).toEqual([
      'release',
      '1e3',
      'true',
    ]);
  });

  test('an only version needs no fallback; fallback: false leaves it away', () => {
    for (const values of [{ versions: ['release'] }, { fallback: false }]) {
      const kinds = render('routes', 'routes', { ...least, ...values }).map(({ kind }) => kind);
      expect(kinds).not.toContain('EnvoyFilter');
    }
  });

  test('retryAtBaseline: false leaves the retries as Istio has them', () => {
    expect(JSON.stringify(patches({}))).toContain('retry_priority');
    expect(JSON.stringify(patches({ retryAtBaseline: false }))).not.toContain('retry_p');
  });

  test('an entry has a Gateway of its own, or uses one that is there', () => {
    const entry = { ...least, entry: true };
    const own = render('routes', 'routes', entry);
    expect(find(own, 'VirtualService coloring/service-b-gateway').spec.gateways).toEqual(['coloring']);
    expect(find(own, 'Gateway coloring/coloring').spec.servers[0].hosts).toEqual(['*']);
    const shared = render('routes', 'routes', { ...entry, gateway: { ref: 'istio-system/shared' } });
    expect(shared.map(({ kind }) => kind)).not.toContain('Gateway');
    expect(find(shared, 'VirtualService coloring/service-b-gateway').spec.gateways).toEqual([
      'istio-system/shared',
    ]);
  });

  test('mesh: false leaves callers inside to themselves', () => {
    const objects = render('routes', 'routes', { ...least, entry: true, mesh: false }).map(keyOf);
    expect(objects).not.toContain('VirtualService coloring/service-b');
    expect(objects).not.toContain('EnvoyFilter coloring/service-b-fallback');
  });

  describe('the gateway’s part of the fallback', () => {
    const entry = { ...least, entry: true };
    const key = 'EnvoyFilter istio-system/service-b-fallback';
    const routesAt = (name: string, values: object) =>
      spec(values, `VirtualService coloring/${name}`).http.map((route: { name: string }) => route.name);

    test('is written beforehand as objects of their own, for names that are not deployed', () => {
      const objects = render('routes', 'routes', {
        ...entry,
        prefix: 'dev',
        gateway: { beforehand: ['ann'] },
      });
      const { configPatches } = find(objects, 'EnvoyFilter istio-system/dev-service-b-beforehand').spec;
      const cluster = 'beforehand|32000|ann|service-b.coloring.svc.cluster.local';
      expect(configPatches).toMatchObject([
        { applyTo: 'CLUSTER', patch: { value: { name: cluster } } },
        {
          match: { routeConfiguration: { vhost: { route: { name: 'dev/service-b/ann' } } } },
          patch: { value: { route: { cluster } } },
        },
      ]);
      expect(find(objects, 'ConfigMap coloring/service-b-beforehand').data).toEqual({ ann: '' });
      const own = find(objects, 'EnvoyFilter istio-system/dev-service-b-fallback').spec;
      expect(JSON.stringify(own)).not.toContain('ann');
    });

    test('left as it is, the gateway has routes to those names alone', () => {
      const values = {
        ...entry,
        versions: ['release', 'release-v1', 'ann'],
        gateway: { fallback: false, beforehand: ['ann', 'bob'] },
        links: { domain: 'lanes.test' },
      };
      expect(render('routes', 'routes', values).map(keyOf)).not.toContain(key);
      expect(patches(values)).toHaveLength(4);
      expect(routesAt('service-b-gateway', values)).toEqual(['service-b/ann', 'service-b/release']);
      expect(routesAt('service-b', values)).toEqual([
        'service-b/ann',
        'service-b/release-v1',
        'service-b/release',
      ]);
      const { http } = spec(values, 'VirtualService coloring/service-b-links');
      const led = http.flatMap(({ headers, route = [] }: { headers: never; route?: never[] }) =>
        route.map(({ destination: { subset } }: { destination: { subset: string } }) => [
          (headers as { request: { set: Record<string, string> } }).request.set['project-version'],
          subset,
        ]),
      );
      expect(led).toContainEqual(['ann', 'ann']);
      expect(led).toContainEqual(['release-v1', 'release']);
    });

    test('does not matter without a fallback', () => {
      const values = { ...entry, fallback: false, gateway: { fallback: false } };
      expect(routesAt('service-b-gateway', values)).toEqual(['service-b/release-v1', 'service-b/release']);
    });
  });

  test('weights colour what had no colour, and nothing else', () => {
    const { http } = spec(
      { weights: { release: 90, 'release-v1': 10 } },
      'VirtualService coloring/service-b',
    );
    const [, weighted, rest] = http;
    expect(weighted.match).toEqual([
      { withoutHeaders: { 'project-version': {} } },
      { headers: { 'project-version': { exact: '-' } } },
    ]);
    expect(weighted.route[1]).toEqual({
      destination: { host: 'service-b', subset: 'release-v1' },
      weight: 10,
      headers: { request: { set: { 'project-version': 'release-v1' } } },
    });
    expect(rest.name).toBe('service-b/release');
  });

  test('a link has the word before shares have it, in one VirtualService, as several keep no order', () => {
    const values = { ...least, entry: true, links: { domain: 'lanes.test' } };
    const objects = render('routes', 'routes', { ...values, weights: { release: 90, 'release-v1': 10 } });
    expect(objects.map(keyOf)).not.toContain('VirtualService coloring/service-b-links');
    const { http } = find(objects, 'VirtualService coloring/service-b-gateway').spec;
    expect(http.map(({ name }: { name: string }) => name)).toEqual([
      'links/none',
      'links/release-v1',
      'service-b/release-v1', // by host
      'service-b/release-v1', // by cookie
      'service-b/release-v1', // by header
      'service-b/by-weight',
      'service-b/release',
    ]);
    expect(render('routes', 'routes', values).map(keyOf)).toContain(
      'VirtualService coloring/service-b-links',
    );
  });

  test('a guard is that of istio/optional/guard.yaml', async () => {
    const values = {
      ...{
        service: 'service-a',
        port: 31000,
        versions: ['release', 'release-v1', 'release-v2'],
        entry: true,
      },
      ...{ links: { domain: 'localhost', colors: ['release-v3'] }, guard: { header: 'x-tester' } },
    };
    const rendered = render('routes', 'routes', values);
    const written = parseObjects(await readFile('istio/optional/guard.yaml', 'utf8'));
    expect(written).toHaveLength(3);
    for (const object of written) expect(find(rendered, keyOf(object)).spec).toEqual(object.spec);
  });

  test('the policies of all routes and of all versions', () => {
    const retries = { attempts: 3, retryOn: '503' };
    const { http } = spec({ timeout: '10s', retries }, 'VirtualService coloring/service-b');
    for (const route of http) expect(route).toMatchObject({ timeout: '10s', retries });
    const connectionPool = { http: { idleTimeout: '30s' } };
    const rule = spec({ connectionPool }, 'DestinationRule coloring/service-b');
    expect(rule.trafficPolicy).toEqual({ connectionPool });
  });

  test('a prefix keeps two installations on one mesh apart', () => {
    const objects = render('routes', 'routes', { ...least, entry: true, prefix: 'dev' });
    expect(
      find(objects, 'EnvoyFilter istio-system/dev-service-b-fallback').spec.configPatches[1].match,
    ).toMatchObject({
      routeConfiguration: { vhost: { route: { name: 'dev/service-b/release-v1' } } },
    });
  });

  test.each([
    ['no baseline', { versions: ['release-v1'] }, 'no baseline "release" among its versions (release-v1)'],
    ['no version at all', { versions: [] }, 'without a cluster (helm template) name versions'],
    ['a baseline without a route', { states: { release: 'subset' } }, 'its state is "subset"'],
    ['a draining baseline', { draining: ['release'] }, 'its state is "subset"'],
    ['an excluded baseline', { exclude: ['release'] }, 'its state is "gone"'],
    ['a state that is none', { states: { 'release-v1': 'Gone' } }, "at '/states/release-v1'"],
    ['a state of no label', { states: { 'release-a_b': 'gone' } }, 'write release-a-b'],
    ['a version twice', { versions: ['release', 'a', 'a'] }, '"a" is there twice'],
    ['a version that is no label', { versions: ['release', 'release-a_b'] }, 'write release-a-b'],
    ['weights that are not 100', { weights: { release: 50, 'release-v1': 40 } }, 'make 90 percent'],
    ['a weight for nobody', { weights: { release: 50, x: 50 } }, '"x" is no routed version'],
    ['links where nobody comes in', { links: { domain: 'localhost' } }, 'where requests come in'],
    ['a guard where nobody comes in', { guard: { header: 'x-tester' } }, 'where requests come in'],
    ['rules for nobody', { mesh: false }, 'nobody would be steered'],
    ['an unknown key', { version: 'x' }, "'version' not allowed"],
    ['a header in capitals', { header: 'Project-Version' }, "at '/header'"],
    ['a time-out without unit', { timeout: '10' }, "at '/timeout'"],
    ['a name beforehand that is no label', { gateway: { beforehand: ['a_b'] } }, 'write a-b'],
    ['a gateway without namespace', { entry: true, gateway: { ref: 'shared' } }, "at '/gateway/ref'"],
  ])('refuses %s', (_, values, expected) => {
    expect(refusal('routes', { ...least, ...values })).toContain(expected);
  });

  test.each([
    ['the least', {}],
    ['an entry', { entry: true }],
    ['a subset without a route', { states: { 'release-v1': 'subset' } }],
    ['weights', { weights: { release: 1, 'release-v1': 99 } }],
    [
      'links and weights',
      { entry: true, links: { domain: 'localhost' }, weights: { release: 1, 'release-v1': 99 } },
    ],
    ['a guard', { entry: true, links: { domain: 'localhost' }, guard: { header: 'x-tester' } }],
    ['no retries at the baseline', { retryAtBaseline: false }],
    [
      'policies',
      { timeout: '10s', retries: { attempts: 3 }, connectionPool: { http: { idleTimeout: '30s' } } },
    ],
  ])('the local mesh understands %s', (_, values) => {
    const text = template('routes', 'routes', { ...least, ...values });
    const result = parseRules([{ file: 'rendered.yaml', text }]);
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
  });
});
