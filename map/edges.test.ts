import { expect, it } from 'vitest';
import { joinHops } from '../trace/join.ts';
import { hop } from '../trace/testing.ts';
import { Edges } from './edges.ts';

const request = (way: string, durationMs = 10, status = 200) =>
  joinHops([hop(way, 'v1', { durationMs, status })]);

it('rate, share, errors and percentiles over the window', () => {
  const edges = new Edges(10_000);
  for (let i = 0; i < 30; i++)
    edges.add(request('gateway > a/release', 10, i < 3 ? 503 : 200), 1_000 * (i % 5));
  for (let i = 0; i < 10; i++) edges.add(request('gateway > a/v1', i < 9 ? 5 : 500), 4_000);
  const [release, v1] = edges.view(5_000);
  expect(release).toMatchObject({
    from: 'gateway',
    to: 'a/release',
    perSecond: 3,
    share: 0.75,
    errorShare: 0.1,
  });
  expect(v1).toMatchObject({ to: 'a/v1', perSecond: 1, share: 0.25, errorShare: 0 });
  for (const [is, should] of [
    [release?.p50, 10],
    [v1?.p50, 5],
    [v1?.p95, 500],
  ] as const) {
    expect(is).toBeGreaterThan(should * 0.9);
    expect(is).toBeLessThan(should * 1.1);
  }
});

it('forgets what is past', () => {
  const edges = new Edges(10_000);
  edges.add(request('gateway > a/release'), 0);
  expect(edges.view(9_000)).toHaveLength(1);
  expect(edges.view(11_000)).toEqual([]);
});

it('draws no line to nowhere', () => {
  const edges = new Edges();
  edges.add(joinHops([hop('gateway', 'v1')]), 0);
  expect(edges.view(0)).toEqual([]);
});
