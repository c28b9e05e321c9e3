import { expect, test } from 'vitest';
import type { BalancedHost } from './balancer.ts';
import { createBalancer } from './create-balancer.ts';
import { murmur3 } from './murmur3.ts';

const hosts = (n: number, active = 0): BalancedHost[] =>
  Array.from({ length: n }, (_, i) => ({ address: `10.0.0.${i}:80`, active }));

const hashed = createBalancer(
  { type: 'consistentHash', by: { type: 'sourceIp' }, minimumRingSize: 1024 },
  Math.random,
);

test('round robin visits each once a turn', () => {
  const next = createBalancer({ type: 'ROUND_ROBIN' }, () => 0.5);
  const four = hosts(4);
  const turn = Array.from({ length: 4 }, () => next(four, undefined).address);
  expect(new Set(turn).size).toBe(4);
  expect(Array.from({ length: 4 }, () => next(four, undefined).address)).toEqual(turn);
});

test('least request takes the less busy of two', () => {
  const busy = { address: 'busy', active: 3 };
  const calm = { address: 'calm', active: 1 };
  const draws = [0, 0.9, 0.9, 0, 0, 0];
  const pick = createBalancer(undefined, () => draws.shift() ?? 0);
  expect([1, 2, 3].map(() => pick([busy, calm], undefined).address)).toEqual(['calm', 'calm', 'busy']);
});

test('most hashes keep their target when another goes', () => {
  const all = hosts(10);
  const left = all.slice(1);
  const keys = Array.from({ length: 2000 }, (_, i) => murmur3(`user-${i}`));
  const owned = keys.filter((key) => hashed(all, key) !== all[0]);
  const owners = owned.map((key) => hashed(all, key));
  const kept = owned.filter((key, i) => hashed(left, key) === owners[i]);
  // Not all: the ring keeps its least size, so those that are left get more places on it, as in Envoy.
  expect(kept.length / owned.length).toBeGreaterThan(0.8);
});

test('the larger the ring, the more even the shares', () => {
  const shareOfTheLargest = (minimumRingSize: number) => {
    const pick = createBalancer(
      { type: 'consistentHash', by: { type: 'sourceIp' }, minimumRingSize },
      () => 0,
    );
    const keys = Array.from({ length: 4000 }, (_, i) => murmur3(`user-${i}`));
    const owned = Map.groupBy(keys, (key) => pick(hostsOnce, key).address);
    return Math.max(...[...owned.values()].map(({ length }) => length)) / keys.length;
  };
  expect(shareOfTheLargest(5)).toBeGreaterThan(0.3);
  expect(shareOfTheLargest(4096)).toBeLessThan(0.24);
});

test('hashes spread over all hosts', () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const { address } = hashed(hostsOnce, murmur3(`user-${i}`));
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  expect(counts.size).toBe(5);
  for (const count of counts.values()) expect(count).toBeGreaterThan(1000);
});
const hostsOnce = hosts(5);

test.each([
  ['', 0],
  ['test', 0xba6bd213],
  ['Hello, world!', 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
])('murmur3 of %j, by its published values', (text, hash) => {
  expect(murmur3(text)).toBe(hash);
});

test('asked again for the same hash, the ring offers others', () => {
  const three = hosts(3);
  const offered = Array.from({ length: 20 }, (_, attempt) => hashed(three, 4711, attempt).address);
  expect(new Set(offered).size).toBe(3);
});
