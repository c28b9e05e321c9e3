import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countBounds, shareProblems } from './shares.ts';

/** P(low <= X <= high), summed plainly. */
function inside(requests: number, share: number, low: number, high: number): number {
  let sum = 0;
  let ways = 1;
  for (let count = 0; count <= requests; count++) {
    if (count >= low && count <= high) sum += ways * share ** count * (1 - share) ** (requests - count);
    ways = (ways * (requests - count)) / (count + 1);
  }
  return sum;
}

describe('countBounds', () => {
  it('lets a right split fail less than once in ten thousand runs, and is as narrow as that allows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (n, p) => {
          const { low, high } = countBounds(n, p);
          expect(inside(n, p, low, high)).toBeGreaterThan(1 - 1e-4);
          if (low > 0) expect(inside(n, p, 0, low)).toBeGreaterThan(0.5e-4);
        },
      ),
    );
  });

  it('allows no exception where a share is nothing or everything', () => {
    expect(countBounds(1000, 0)).toEqual({ low: 0, high: 0 });
    expect(countBounds(1000, 1)).toEqual({ low: 1000, high: 1000 });
  });

  it('does not underflow with thousands of requests', () => {
    const { low, high } = countBounds(10_000, 0.5);
    expect(low).toBeGreaterThan(4750);
    expect(high).toBeLessThan(5250);
  });
});

describe('shareProblems', () => {
  const ninetyTen = new Map([
    ['release', 90],
    ['release-v1', 10],
  ]);

  it('says nothing when chance explains the counts', () => {
    expect(
      shareProblems(
        new Map([
          ['release', 457],
          ['release-v1', 43],
        ]),
        ninetyTen,
      ),
    ).toEqual([]);
  });

  it('names the version, what was counted and what would have been right', () => {
    const problems = shareProblems(
      new Map([
        ['release', 250],
        ['release-v1', 250],
      ]),
      ninetyTen,
    );
    expect(problems[0]).toMatch(/^release: 250 of 500, expected 90 %, that is 42\d to 47\d$/);
  });

  it('does not accept a version that should get nothing', () => {
    const problems = shareProblems(
      new Map([
        ['release', 100],
        ['release-v2', 1],
      ]),
      new Map([['release', 100]]),
    );
    expect(problems).toContain('release-v2: 1 of 101, expected 0 %, that is 0 to 0');
  });
});
