import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import { age, renderLaneStates } from './lane-list.ts';
import { combine as combineAll, complaint, type LaneObjects, type LaneState } from './lane-state.ts';

const created = '2026-01-01T00:00:00Z';
const deployment = (version: string, ready: number, wanted = 1) => ({
  metadata: { name: `a-${version}`, creationTimestamp: created, labels: { app: 'a', version } },
  spec: {
    replicas: wanted,
    template: {
      spec: {
        containers: [
          { name: 'istio-proxy', image: 'proxy' },
          { name: 'app', image: 'a:1' },
        ],
      },
    },
  },
  status: { readyReplicas: ready },
});
const meta = { name: 'a', creationTimestamp: created, labels: { app: 'a' } };
const rule = (...subsets: string[]) => ({
  metadata: meta,
  spec: { subsets: subsets.map((name) => ({ name })) },
});
const service = (...versions: string[]) => ({
  metadata: meta,
  spec: {
    http: [...versions, 'release'].map((subset) => ({
      ...(subset !== 'release' && { match: [{}] }),
      route: [{ destination: { subset } }],
    })),
  },
});

const none: LaneObjects = { deployments: [], destinationRules: [], virtualServices: [], services: [] };
const combine = (objects: Partial<LaneObjects>) => combineAll({ ...none, ...objects });

test('one state for each version that anything in the cluster knows; baseline first', () => {
  const states = combine({
    deployments: [deployment('release-v10', 1), deployment('release-v9', 0), deployment('release', 1)],
    destinationRules: [rule('release', 'release-v9', 'ghost')],
    virtualServices: [service('release-v9')],
  });
  expect(states.map(({ version, target, routed, baseline }) => [version, target, routed, baseline])).toEqual([
    ['release', 'subset', true, true],
    ['ghost', 'subset', false, false],
    ['release-v9', 'subset', true, false],
    ['release-v10', undefined, false, false],
  ]);
  expect(states[0]?.deployment).toEqual({ ready: 1, wanted: 1, image: 'a:1', created: new Date(created) });
});

/** Of somebody's computer: the Job of charts/version, and the ServiceAccount beside it. */
const local = (version: string, kind: 'Job' | 'ServiceAccount', status = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    ...{ name: `a-${version}`, namespace: 'coloring', creationTimestamp: created },
    labels: { app: 'a', version },
    annotations: {
      'coloring/local-by': 'ann@laptop',
      'coloring/local-since': '2026-01-01T10:00:00Z',
      'coloring/local-session': 'laptop/1/aa',
    },
  },
  spec: { template: { spec: { containers: [{ name: 'app', image: 'relay:1' }] } } },
  status,
});

test("somebody's computer is a version like any other, with whose it is and since when", () => {
  const rules = { destinationRules: [rule('me')], virtualServices: [service('me')] };
  const stateOf = (status: object) => {
    const jobs = [local('me', 'Job', status)];
    return combine({ ...rules, jobs, serviceAccounts: [local('me', 'ServiceAccount')] }).find(
      ({ version }) => version === 'me',
    ) as LaneState;
  };
  const there = stateOf({ ready: 1 });
  expect(there.deployment).toMatchObject({ ready: 1, wanted: 1, image: 'relay:1' });
  expect(there.local).toEqual({
    ...{ by: 'ann@laptop', session: 'laptop/1/aa', isLeft: false },
    since: new Date('2026-01-01T10:00:00Z'),
  });
  expect(complaint(there)).toBeUndefined();
  expect(complaint(stateOf({ ready: 0 }))).toBe('its computer is not there');
  expect(complaint(stateOf({ completionTime: created }))).toBe('left behind by ann@laptop');
  const now = new Date('2026-01-01T10:12:00Z');
  const table = renderLaneStates(
    parseLanes('services: { a: { port: 80, versions: [release] } }'),
    [there],
    now,
  );
  expect(stripVTControlCharacters(table)).toMatch(/a +me +1\/1 +yes +12m +local: ann@laptop$/m);
});

test('a Job of something else with the labels of a version is none', () => {
  const { metadata, ...rest } = local('migration', 'Job', { ready: 1 });
  const job = { ...rest, metadata: { ...metadata, annotations: {} } };
  expect(combine({ jobs: [job] })).toEqual([]);
});

/** Of charts/lane: a Service and an HTTPRoute a version. */
const own = (version: string) => ({
  metadata: { ...meta, name: `a-${version}` },
  spec: { selector: { app: 'a', version } },
});
const route = (version: string) => ({
  metadata: { ...meta, name: `a-${version}` },
  spec: {
    rules: [
      {
        ...(version !== 'release' && {
          matches: [{ headers: [{ name: 'project-version', value: version }] }],
        }),
        backendRefs: [{ name: `a-${version}` }],
      },
    ],
  },
});

test('HTTPRoutes lead to a version by its Service', () => {
  const states = combine({
    deployments: [deployment('release', 1), deployment('release-v1', 1), deployment('release-v2', 1)],
    services: [
      { metadata: meta, spec: { selector: { app: 'a' } } },
      ...['release', 'release-v1', 'release-v2', 'ghost'].map(own),
    ],
    httpRoutes: ['release', 'release-v1', 'ghost', 'unknown'].map(route),
  });
  expect(states.map(({ version, routed, baseline }) => [version, routed, baseline])).toEqual([
    ['release', true, true],
    ['ghost', true, false],
    ['release-v1', true, false],
    ['release-v2', false, false],
  ]);
  expect(states.map((state) => complaint(state))).toEqual([
    undefined,
    'routed, but not deployed',
    undefined,
    'ready, but not routed (a Service only)',
  ]);
});

test('a version that its gateway does not lead to is routed in the mesh alone', () => {
  const [gateway, mesh] = [service('release-v1'), service('release-v1', 'me')];
  const byRules = combine({
    virtualServices: [mesh, { ...gateway, spec: { ...gateway.spec, gateways: ['door'] } }],
  });
  const parents = (version: string, parentRefs: object[]) => ({
    ...route(version),
    spec: { ...route(version).spec, parentRefs },
  });
  const [door, called] = [{ name: 'door' }, { group: '', kind: 'Service', name: 'a' }];
  const byHttpRoutes = combine({
    services: ['release', 'release-v1', 'me'].map(own),
    httpRoutes: [
      parents('release', [door, called]),
      parents('release-v1', [door, called]),
      parents('me', [called]),
    ],
  });
  const inner = combine({ virtualServices: [mesh] });
  const meshOnly = (states: readonly LaneState[]) =>
    states.filter((state) => state.meshOnly).map(({ version }) => version);
  expect([byRules, byHttpRoutes, inner].map(meshOnly)).toEqual([['me'], ['me'], []]);
  const table = renderLaneStates(parseLanes('services: { a: { port: 80, versions: [release] } }'), byRules);
  expect(stripVTControlCharacters(table)).toMatch(/a +me +- +in the mesh +/);
});

describe('what is wrong', () => {
  const ready = { ready: 1, wanted: 1, image: 'a:1', created: new Date(created) };
  const well: LaneState = {
    service: 'a',
    version: 'v1',
    deployment: ready,
    target: 'subset',
    routed: true,
    baseline: false,
  };
  test.each<[string | undefined, { [Name in keyof LaneState]?: LaneState[Name] | undefined }]>([
    [undefined, {}],
    ['routed, but not ready', { deployment: { ...ready, ready: 0 } }],
    ['routed, but not deployed', { deployment: undefined }],
    ['a subset without pods', { deployment: undefined, routed: false }],
    ['ready, but not routed', { routed: false, target: undefined }],
    ['ready, but not routed (a subset only)', { routed: false }],
    ['routed, but scaled to zero', { deployment: { ...ready, ready: 0, wanted: 0 } }],
    ['1 of 2 not ready', { deployment: { ...ready, wanted: 2 } }],
  ])('%s', (words, change) => {
    expect(complaint({ ...well, ...change } as LaneState)).toBe(words);
  });
});

test('the table', () => {
  const lanes = parseLanes('services: { a: { port: 80, run: service-b, versions: [release, release-v9] } }');
  const states = combine({
    deployments: [deployment('release', 1), deployment('release-v9', 0)],
    destinationRules: [rule('release', 'release-v9')],
    virtualServices: [service('release-v9')],
  });
  const text = stripVTControlCharacters(renderLaneStates(lanes, states, new Date('2026-01-01T00:05:00Z')));
  expect(text.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['service', 'version', 'ready', 'routed', 'age', 'image'],
    ['a', 'release', '1/1', 'baseline', '5m', 'a:1'],
    ['a', 'release-v9', '0/1', 'yes', '5m', 'a:1', 'routed, but not ready'],
  ]);
});

test.each([
  [5_000, '5s'],
  [10 * 60_000, '10m'],
  [5 * 3_600_000, '5h'],
  [3 * 86_400_000, '3d'],
])('%d ms is %s', (ms, text) => expect(age(ms)).toBe(text));
