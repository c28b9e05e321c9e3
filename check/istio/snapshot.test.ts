import { expect, it } from 'vitest';
import type { Kubernetes } from './kubernetes.ts';
import { snapshotDifferences, snapshotInWords, takeSnapshot } from './snapshot.ts';

const before = new Map([
  ['namespaces coloring', 'u1 0'],
  ['virtualservices coloring/service-b', 'u2 3'],
  ['deployments coloring/service-b-release', 'u3 1'],
]);

it('finds nothing where all is as before', () => {
  expect(snapshotDifferences(before, new Map(before))).toEqual([]);
});

it('names what is new, gone and changed', () => {
  const after = new Map([
    ['namespaces coloring', 'u1 0'],
    ['virtualservices coloring/service-b', 'u2 4'],
    ['namespaces lesson-1', 'u4 0'],
  ]);
  expect(snapshotDifferences(before, after)).toEqual([
    'namespaces lesson-1 is new',
    'deployments coloring/service-b-release is gone',
    'virtualservices coloring/service-b was changed',
  ]);
});

it('takes an object that was made anew under the same name for a changed one', () => {
  const after = new Map(before).set('namespaces coloring', 'u9 0');
  expect(snapshotDifferences(before, after)).toEqual(['namespaces coloring was changed']);
});

it('says in a line how much there is', () => {
  expect(snapshotInWords(before)).toBe('1 namespaces, 1 virtualservices, 1 deployments');
});

it('leaves out what somebody is deleting, and what is in a namespace that goes', async () => {
  const deletionTimestamp = '2026-11-26T20:34:00Z';
  const answers: Record<string, unknown> = {
    '/apis': { groups: [] },
    '/api/v1/namespaces': {
      items: [
        { metadata: { name: 'coloring', uid: 'u1' } },
        { metadata: { name: 'restricted', uid: 'u2', deletionTimestamp } },
      ],
    },
    '/api/v1/services': {
      items: [
        { metadata: { name: 'web', namespace: 'coloring', uid: 'u3', deletionTimestamp } },
        { metadata: { name: 'api', namespace: 'restricted', uid: 'u4' } },
        { metadata: { name: 'stock', namespace: 'coloring', uid: 'u5' } },
      ],
    },
    '/apis/apps/v1/deployments': { items: [] },
  };
  const api = { read: async (path: string) => answers[path] } as unknown as Kubernetes;
  const snapshot = await takeSnapshot(api);
  expect([...snapshot.keys()]).toEqual(['namespaces coloring', 'services coloring/stock']);
});
