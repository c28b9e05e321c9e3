/** What two programs cost next to each other, from pairs: each pair was measured at nearly the same time. */

/** A median, and the interval in which it lies with 95 % confidence. */
export interface Estimate {
  median: number;
  low: number;
  high: number;
}

const resamples = 2_000;

/**
 * The median of values, one of each pair, with its interval by the percentile bootstrap (Efron and Tibshirani, An
 * Introduction to the Bootstrap, chapter 13): medians of as many values drawn from them, two thousand times.
 * @param random from 0 to 1, as Math.random
 * @throws RangeError where there are no values
 */
export function estimateMedian(values: readonly number[], random = Math.random): Estimate {
  if (values.length === 0) throw new RangeError('no pair was measured');
  const medians = new Float64Array(resamples);
  const drawn = new Float64Array(values.length);
  for (let i = 0; i < resamples; i++) {
    for (let j = 0; j < drawn.length; j++) drawn[j] = values[Math.floor(random() * values.length)] as number;
    medians[i] = medianOfSorted(drawn.sort());
  }
  medians.sort();
  return {
    median: medianOfSorted(Float64Array.from(values).sort()),
    low: medians[Math.floor(resamples * 0.025)] as number,
    high: medians[Math.ceil(resamples * 0.975) - 1] as number,
  };
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length / 2;
  const below = sorted[Math.ceil(middle) - 1] as number;
  const above = sorted[Math.floor(middle)] as number;
  return (below + above) / 2;
}
