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
