import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateMedian } from './paired.ts';

/** As Math.random, but the same each time: a linear congruential generator. */
function repeatable(seed = 1) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('the median of pairs', () => {
  it('lies between its bounds, and they among the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (values) => {
          const { median, low, high } = estimateMedian(values, repeatable());
          const sorted = values.toSorted((a, b) => a - b);
          expect(low).toBeGreaterThanOrEqual(sorted[0] as number);
          expect(high).toBeLessThanOrEqual(sorted.at(-1) as number);
          expect(low).toBeLessThanOrEqual(high);
          expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
          expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is surer of many pairs than of few', () => {
    const random = repeatable(7);
    const many = Array.from({ length: 100 }, () => random() + random() + random());
    const width = (values: readonly number[]) => {
      const { low, high } = estimateMedian(values, random);
      return high - low;
    };
    expect(width(many)).toBeLessThan(width(many.slice(0, 8)) / 1.5);
  });

  it('finds the true one in about 95 of 100 samples', () => {
    const random = repeatable(3);
    let found = 0;
    for (let i = 0; i < 40; i++) {
      // the median of the sum of two is 1
      const { low, high } = estimateMedian(
        Array.from({ length: 25 }, () => random() + random()),
        random,
      );
      if (low <= 1 && 1 <= high) found++;
    }
    expect(found).toBeGreaterThanOrEqual(34);
  });

  it('is none of nothing', () => {
    expect(() => estimateMedian([])).toThrow('no pair was measured');
  });
});
