import fc from 'fast-check';
import { expect, it } from 'vitest';
import { balanced } from './shares.ts';

const sum = (shares: Record<string, number>) => Object.values(shares).reduce((a, b) => a + b, 0);

it.each([
  [{ a: 100 }, 'b', 10, { a: 90, b: 10 }],
  [{ a: 90, b: 10 }, 'b', 0, { a: 100, b: 0 }],
  [{ a: 60, b: 40 }, 'c', 80, { a: 0, b: 20, c: 80 }],
  [{ a: 100 }, 'a', 40, { a: 40 }],
])('%j with %s at %i', (shares, changed, share, expected) => {
  expect(balanced(shares, changed, share)).toEqual(expected);
});

it('whoever is given what: all of it is given, and none gets less than nothing', () => {
  const subset = fc.constantFrom('a', 'b', 'c', 'd');
  fc.assert(
    fc.property(fc.array(fc.tuple(subset, fc.integer({ min: 0, max: 100 }))), (moves) => {
      let shares: Record<string, number> = { a: 100, b: 0 };
      for (const [changed, share] of moves) shares = balanced(shares, changed, share);
      expect(sum(shares)).toBe(100);
      expect(Math.min(...Object.values(shares))).toBeGreaterThanOrEqual(0);
    }),
  );
});
