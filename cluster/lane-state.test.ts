import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import { age, renderLaneStates } from './lane-list.ts';
import { combine, complaint, type LaneState } from './lane-state.ts';

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

test('one state for each version that anything in the cluster knows; baseline first', () => {
  const states = combine(
    [deployment('release-v10', 1), deployment('release-v9', 0), deployment('release', 1)],
    [rule('release', 'release-v9', 'ghost')],
    [service('release-v9')],
  );
  expect(states.map(({ version, subset, routed, baseline }) => [version, subset, routed, baseline])).toEqual([
    ['release', true, true, true],
    ['ghost', true, false, false],
    ['release-v9', true, true, false],
    ['release-v10', false, false, false],
  ]);
  expect(states[0]?.deployment).toEqual({ ready: 1, wanted: 1, image: 'a:1', created: new Date(created) });
});

describe('what is wrong', () => {
  const ready = { ready: 1, wanted: 1, image: 'a:1', created: new Date(created) };
  const well: LaneState = {
    service: 'a',
    version: 'v1',
    deployment: ready,
    subset: true,
    routed: true,
    baseline: false,
  };
  test.each<[string | undefined, Partial<LaneState>]>([
    [undefined, {}],
    ['routed, but not ready', { deployment: { ...ready, ready: 0 } }],
    ['routed, but not deployed', { deployment: undefined }],
    ['a subset without pods', { deployment: undefined, routed: false }],
    ['ready, but not routed', { routed: false, subset: false }],
    ['ready, but not routed (a subset only)', { routed: false }],
    ['routed, but scaled to zero', { deployment: { ...ready, ready: 0, wanted: 0 } }],
    ['1 of 2 not ready', { deployment: { ...ready, wanted: 2 } }],
  ])('%s', (words, change) => {
    const { deployment, ...rest } = { ...well, ...change };
    expect(complaint({ ...rest, ...(deployment && { deployment }) })).toBe(words);
  });
});

test('the table', () => {
  const lanes = parseLanes('services: { a: { port: 80, run: service-b, versions: [release, release-v9] } }');
  const states = combine(
    [deployment('release', 1), deployment('release-v9', 0)],
    [rule('release', 'release-v9')],
    [service('release-v9')],
  );
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
