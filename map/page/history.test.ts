import { expect, it } from 'vitest';
import type { EdgeView } from '../protocol.ts';
import { History } from './history.ts';

const edge = (perSecond: number): EdgeView => ({
  from: 'gateway',
  to: 'a/v1',
  perSecond,
  share: 1,
  errorShare: 0.5,
  p50: 3,
  p95: 9,
});

it('has a point for each second, and none of figures where nothing went', () => {
  const history = new History();
  history.add([edge(4)], 1);
  history.add([], 2);
  history.add([edge(6)], 3);
  expect(history.of('gateway > a/v1')).toEqual({
    at: [1, 2, 3],
    perSecond: [4, 0, 6],
    errorShare: [0.5, null, 0.5],
    p50: [3, null, 3],
    p95: [9, null, 9],
  });
});

it('forgets what is older than its window', () => {
  const history = new History(60);
  for (let i = 0; i < 10_000; i++) history.add([edge(i)], i);
  const { at, perSecond } = history.of('gateway > a/v1');
  expect([at.length, at[0], perSecond.at(-1)]).toEqual([60, 9_940, 9_999]);
});

it('what was before a pause is forgotten as time goes, not as points come', () => {
  const history = new History(60);
  for (const at of [1, 2, 3, 50, 61, 62]) history.add([edge(at)], at);
  expect(history.of('gateway > a/v1').at).toEqual([3, 50, 61, 62]);
});
