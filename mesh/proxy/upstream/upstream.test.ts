import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EndpointCluster } from '../../routing/decision.ts';
import { Upstream } from './upstream.ts';

const policy = {
  outlierDetection: {
    consecutive5xxErrors: 1,
    consecutiveGatewayErrors: 0,
    intervalMs: 60_000,
    baseEjectionTimeMs: 60_000,
    maxEjectionPercent: 100,
    minHealthPercent: 0,
  },
};

let upstream: Upstream;
beforeEach(() => {
  vi.useFakeTimers();
  upstream = new Upstream('b', policy, Math.random);
  setEndpoints('1', '2', '3');
});
afterEach(async () => {
  await upstream.destroy();
  vi.useRealTimers();
});

test('the first that is ejected is out at once, a second one a second later', () => {
  eject('1');
  expect(serving()).toEqual(['2', '3']);
  eject('2');
  vi.advanceTimersByTime(999);
  expect(serving()).toEqual(['2', '3']);
  vi.advanceTimersByTime(1);
  expect(serving()).toEqual(['3']);
});

test('what is ejected more than a second after another is out at once', () => {
  eject('1');
  vi.advanceTimersByTime(1_001);
  eject('2');
  expect(serving()).toEqual(['3']);
});

test('an endpoint that comes brings what waits into force', () => {
  eject('1');
  eject('2');
  setEndpoints('1', '2', '3', '4');
  expect(serving()).toEqual(['3', '4']);
});

test('the same endpoints once more change nothing', () => {
  eject('1');
  eject('2');
  setEndpoints('1', '2', '3');
  expect(serving()).toEqual(['2', '3']);
});

function setEndpoints(...names: string[]): void {
  const endpoints = names.map((name) => ({
    service: 'b',
    name,
    address: `10.0.0.${name}`,
    port: 80,
    labels: {},
    ready: true,
  }));
  upstream.setEndpoints({ endpoints } as unknown as EndpointCluster);
}

function eject(name: string): void {
  const host = hosts().find(({ endpoint }) => endpoint === name);
  if (!host) throw new Error(`nobody asks ${name}`);
  upstream.report(host, 500);
}

function serving(): (string | undefined)[] {
  return hosts()
    .map(({ endpoint }) => endpoint)
    .sort();
}

/** Every host that takes requests; so many picks that none is missed. */
function hosts() {
  return [...new Set(Array.from({ length: 200 }, () => upstream.pick(undefined, [])))].filter(
    (host) => host !== undefined,
  );
}
