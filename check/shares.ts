/** How far a random share may lie from what it should be: as far as chance takes it, and no further. */

/** A right mesh fails a check by chance less often than this. */
const errorRate = 1e-4;

/**
 * The counts that a right split can give: outside of them falls a binomial count less often than `rate`.
 * Exact, not an approximation: it holds for few requests and for shares near 0 and 1 as well.
 * @param requests how many were sent
 * @param share of them that should have gone there, from 0 to 1
 */
export function countBounds(
  requests: number,
  share: number,
  rate = errorRate,
): { low: number; high: number } {
  if (share <= 0) return { low: 0, high: 0 };
  if (share >= 1) return { low: requests, high: requests };
  return {
    low: lowest(requests, share, rate / 2),
    high: requests - lowest(requests, 1 - share, rate / 2),
  };
}

/** The largest count below which fewer than `rate` of all binomial counts lie. */
function lowest(requests: number, share: number, rate: number): number {
  // Probability of exactly `count`, from one to the next by its ratio, in logarithms: 0.5 ** 5000 is 0 in a double.
  let logProbability = requests * Math.log1p(-share);
  const logOdds = Math.log(share) - Math.log1p(-share);
  let below = 0;
  for (let count = 0; count < requests; count++) {
    below += Math.exp(logProbability);
    if (below > rate) return count;
    logProbability += Math.log(requests - count) - Math.log(count + 1) + logOdds;
  }
  return requests;
}

/**
 * What is wrong with the counts, a line each; none when chance explains them.
 * @param expected percent for each name, 100 in all; a name that is not in it must not occur
 */
export function shareProblems(
  counts: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): string[] {
  const requests = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const names = new Set([...counts.keys(), ...expected.keys()]);
  return [...names].flatMap((name) => {
    const percent = expected.get(name) ?? 0;
    const count = counts.get(name) ?? 0;
    const { low, high } = countBounds(requests, percent / 100, errorRate / names.size);
    return count >= low && count <= high
      ? []
      : [`${name}: ${count} of ${requests}, expected ${percent} %, that is ${low} to ${high}`];
  });
}
