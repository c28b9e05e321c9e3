import { expect, it } from 'vitest';
import { snapshotDifferences, snapshotInWords } from './snapshot.ts';

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
