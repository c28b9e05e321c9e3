import { beforeEach, expect, test } from 'vitest';
import { OutlierDetector } from './outlier.ts';

const config = {
  consecutive5xxErrors: 3,
  consecutiveGatewayErrors: 0,
  intervalMs: 1000,
  baseEjectionTimeMs: 10_000,
  maxEjectionPercent: 100,
  minHealthPercent: 0,
};

let now = 0;
beforeEach(() => {
  now = 0;
});

function detector(hosts: string[], changed: Partial<typeof config> = {}): OutlierDetector<string> {
  const made = new OutlierDetector<string>({ ...config, ...changed }, () => now);
  made.retain(hosts);
  return made;
}

const answer = (outliers: OutlierDetector<string>, host: string, ...statuses: number[]) =>
  statuses.map((status) => outliers.report(host, status)).some(Boolean);

test('so many 5xx in a row eject, one success between starts the count anew', () => {
  const outliers = detector(['a', 'b']);
  expect(answer(outliers, 'a', 500, 500, 200, 500, 500)).toBe(false);
  expect(answer(outliers, 'a', 500)).toBe(true);
  expect(outliers.isEjected('a')).toBe(true);
  expect(outliers.isEjected('b')).toBe(false);
});

test('gateway errors have a count of their own', () => {
  const outliers = detector(['a'], { consecutive5xxErrors: 0, consecutiveGatewayErrors: 2 });
  expect(answer(outliers, 'a', 502, 500, 503)).toBe(false);
  expect(answer(outliers, 'a', 504)).toBe(true);
});

test('an ejected endpoint comes back after its time, at the next sweep', () => {
  const outliers = detector(['a']);
  answer(outliers, 'a', 500, 500, 500);
  now = 9_999;
  expect(outliers.sweep()).toBe(false);
  now = 10_000;
  expect(outliers.sweep()).toBe(true);
  expect(outliers.isEjected('a')).toBe(false);
});

test('each further ejection is longer, each healthy interval forgives one', () => {
  const outliers = detector(['a']);
  answer(outliers, 'a', 500, 500, 500);
  now = 10_000;
  outliers.sweep();
  answer(outliers, 'a', 500, 500, 500);
  now = 20_000;
  expect(outliers.sweep()).toBe(false);
  now = 30_000;
  expect(outliers.sweep()).toBe(true);
  expect(outliers.busy).toBe(true);
  outliers.sweep();
  outliers.sweep();
  expect(outliers.busy).toBe(false);
});

test('an ejection lasts 5 minutes at most', () => {
  const outliers = detector(['a'], { baseEjectionTimeMs: 200_000 });
  answer(outliers, 'a', 500, 500, 500);
  now = 200_000;
  outliers.sweep();
  answer(outliers, 'a', 500, 500, 500);
  now = 499_999;
  expect(outliers.sweep()).toBe(false);
  now = 500_000;
  expect(outliers.sweep()).toBe(true);
});

test.each([
  [10, 3, 0],
  [34, 3, 1],
  [50, 4, 2],
  [100, 3, 3],
])('maxEjectionPercent %i of %i endpoints ejects %i', (maxEjectionPercent, count, ejected) => {
  const hosts = Array.from({ length: count }, (_, i) => `host-${i}`);
  const outliers = detector(hosts, { maxEjectionPercent });
  for (const host of hosts) answer(outliers, host, 500, 500, 500);
  expect(hosts.filter((host) => outliers.isEjected(host))).toHaveLength(ejected);
});

test('an endpoint that goes takes its ejection with it', () => {
  const outliers = detector(['a', 'b'], { maxEjectionPercent: 50 });
  answer(outliers, 'a', 500, 500, 500);
  expect(answer(outliers, 'b', 500, 500, 500)).toBe(false);
  outliers.retain(['b', 'c']);
  expect(answer(outliers, 'b', 500, 500, 500)).toBe(true);
});

test('an endpoint that is not known counts for nothing', () => {
  expect(answer(detector(['a']), 'z', 500, 500, 500)).toBe(false);
});
