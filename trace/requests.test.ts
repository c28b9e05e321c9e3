import { expect, it } from 'vitest';
import type { TracedRequest } from './join.ts';
import { Requests } from './requests.ts';
import { hop } from './testing.ts';

function collect(options: { maxWaiting?: number } = {}) {
  const seen: TracedRequest[] = [];
  const requests = new Requests({
    isFirst: ({ from }) => from.service === 'gateway',
    onRequest: (request) => seen.push(request),
    waitMs: 100,
    ...options,
  });
  return { requests, ids: () => seen.map(({ id, hops }) => `${id}:${hops.length}`), seen };
}

const first = (requestId: string) => hop('gateway > service-a/v1', 'v1', { requestId });
const second = (requestId: string, startedAt = 1_002) =>
  hop('service-a/v1 > service-b/v1', 'v1', { requestId, startedAt, durationMs: 5 });

it('a request is whole when its first hop has ended', () => {
  const { requests, ids } = collect();
  requests.add(second('r1'), 0);
  requests.add(second('r2'), 0);
  expect(ids()).toEqual([]);
  requests.add(first('r2'), 0);
  requests.add(first('r1'), 0);
  expect(ids()).toEqual(['r2:2', 'r1:2']);
});

it('a hop without a first one is a request of its own after a while', () => {
  const { requests, ids } = collect();
  requests.add(second('r1'), 0);
  requests.settle(99);
  expect(ids()).toEqual([]);
  requests.settle(100);
  expect(ids()).toEqual(['r1:1']);
});

it('a hop with an id of its own goes into the only request that it can be of', () => {
  const { requests, ids, seen } = collect();
  requests.add(second('stray'), 0);
  requests.add(first('r1'), 0);
  requests.settle(100);
  expect(ids()).toEqual(['r1:1', 'r1:2']);
  expect(seen[1]?.losses.map(({ what }) => what)).toEqual(['request-id']);
});

it('so do all that one caller made at once, each with an id of its own', () => {
  const { requests, ids, seen } = collect();
  requests.add(second('stray'), 0);
  requests.add(second('other'), 0);
  requests.add(first('r1'), 0);
  requests.settle(100);
  expect(ids()).toEqual(['r1:1', 'r1:2', 'r1:3']);
  expect(seen[2]?.losses.map(({ what, hop }) => [what, hop])).toEqual([
    ['request-id', 1],
    ['request-id', 2],
  ]);
});

it('a proxy may close the call of such a hop after the request that it is of has ended', () => {
  const { requests, ids } = collect();
  requests.add(first('r1'), 0);
  requests.add(second('stray', 1_009), 0);
  requests.settle(100);
  expect(ids()).toEqual(['r1:1', 'r1:2']);
});

it('of two that it was begun in, it is of the one that it ended in', () => {
  const { requests, ids } = collect();
  requests.add({ ...first('short'), durationMs: 4 }, 0);
  requests.add(second('stray'), 0);
  requests.add(first('long'), 0);
  requests.settle(100);
  expect(ids()).toEqual(['short:1', 'long:1', 'long:2']);
});

it('where it may be of two, it stays alone', () => {
  const { requests, ids } = collect();
  requests.add(second('stray'), 0);
  requests.add(first('r1'), 0);
  requests.add(first('r2'), 0);
  requests.settle(100);
  expect(ids()).toEqual(['r1:1', 'r2:1', 'stray:1']);
});

it('holds no more than it was told to', () => {
  const { requests, ids } = collect({ maxWaiting: 3 });
  for (let i = 0; i < 10; i++) requests.add(second(`r${i}`, 5_000), 0);
  expect(requests.lost).toBe(7);
  requests.settle(1_000);
  expect(ids()).toEqual(['r7:1', 'r8:1', 'r9:1']);
});
