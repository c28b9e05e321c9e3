import { expect, it } from 'vitest';
import type { HopView, RequestView, ServiceView } from '../protocol.ts';
import { Journeys, journeyOf } from './dots.ts';

const toA: HopView = {
  from: { service: 'gateway' },
  to: { service: 'a', version: 'release' },
  color: 'v1',
  fallback: true,
  status: 200,
  flags: [],
  failed: false,
  attempts: 1,
  offsetMs: 0,
  durationMs: 5,
};
const toB: HopView = {
  ...toA,
  from: { service: 'a', version: 'release' },
  to: { service: 'b', version: 'v1' },
  parent: 0,
  fallback: false,
};

const request = (hops: HopView[], losses: RequestView['losses'] = []): RequestView => ({
  id: 'r',
  at: 0,
  method: 'GET',
  path: '/',
  color: 'v1',
  hops,
  losses,
});

const told = (one: RequestView) =>
  journeyOf(one, 0, services).events.map(({ type, at, text }) => `${type} ${at} ${text}`.trim());

const services = ['a', 'b'].map(
  (name): ServiceView => ({
    ...{
      name,
      namespace: 'n',
      calls: [],
      entry: true,
      baseline: 'release',
      versions: [],
      routesToNothing: [],
    },
  }),
);

it('a dot goes hop after hop, and is seen to fall back', () => {
  const { steps, end } = journeyOf(request([toA, toB]), 0, services);
  expect(steps.map(({ from, to }) => `${from} > ${to}`)).toEqual(['gateway > a/release', 'a/release > b/v1']);
  expect(steps[1]?.begin).toBeGreaterThan(steps[0]?.end ?? 0);
  expect(end).toBeGreaterThan(steps[1]?.end ?? 0);
  expect(told(request([toA, toB]))).toEqual(['fallback a/release', 'served b/v1']);
});

it('served by a version of another lane it does not fall back, but is in the wrong lane', () => {
  const strayed: HopView = { ...toA, to: { service: 'a', version: 'v2' } };
  expect(told(request([strayed]))).toEqual(['wrong-lane a/v2 ⇄']);
  const unknown: HopView = { ...toA, to: { service: 'x', version: 'v2' } };
  expect(told(request([unknown]))).toEqual(['fallback x/v2']);
});

it('a failure bursts where it happened, not at those who hand it on', () => {
  const failed = { failed: true, status: 503 };
  expect(
    told(
      request([
        { ...toA, ...failed },
        { ...toB, ...failed, flags: ['UH'] },
      ]),
    ),
  ).toEqual(['fallback a/release', 'failure b/v1 503 UH']);
  const nobody = { ...toB, ...failed, flags: ['UH'], to: { service: 'b' } };
  expect(told(request([{ ...toA, ...failed }, nobody]))).toEqual([
    'fallback a/release',
    'failure a/release 503 UH',
  ]);
});

it('a colour that is lost is lost at the service that dropped it', () => {
  const { color: _, ...paintless } = toB;
  const loss = { by: { service: 'a', version: 'release' }, what: 'dropped' as const, cameIn: 'v1', hop: 1 };
  expect(told(request([toA, paintless], [loss]))).toContain('loss a/release a');
});

it('no more dots than eyes can follow', () => {
  const journeys = new Journeys();
  for (let i = 0; i < 10_000; i++) journeys.add(request([toA]), 0, services);
  expect(journeys.all.length).toBeLessThan(150);
  expect(journeys.expire(60_000)).toBe(false);
  expect(journeys.all).toEqual([]);
});

it('of many, all colours are seen, at an even pace; a failure always', () => {
  const journeys = new Journeys();
  const seen = (color: string) => journeys.all.filter(({ steps }) => steps[0]?.color === color).length;
  // 200 a second for 4 seconds, told of by 20 at a time, always in the same order.
  for (let i = 0; i < 800; i++) {
    const color = `v${i % 4}`;
    const now = Math.floor(i / 20) * 100;
    journeys.expire(now);
    journeys.add({ ...request([{ ...toA, color }]), color }, now, services);
  }
  const counts = ['v0', 'v1', 'v2', 'v3'].map(seen);
  expect(Math.min(...counts)).toBeGreaterThan(5);
  expect(Math.max(...counts)).toBeLessThan(3 * Math.min(...counts));
  const before = journeys.all.length;
  journeys.add(request([{ ...toA, failed: true, status: 503 }]), 3_900, services);
  expect(journeys.all.length).toBe(before + 1);
});
