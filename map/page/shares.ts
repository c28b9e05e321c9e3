/** Shares of a route's versions, which together are 100. Pure. */

/** The others give or take what one gets: the largest first, so that whole percents stay whole. */
export function balanced(
  shares: Readonly<Record<string, number>>,
  changed: string,
  share: number,
): Record<string, number> {
  const others = Object.entries(shares).filter(([subset]) => subset !== changed);
  const result: Record<string, number> = { ...shares, [changed]: share };
  let left = 100 - share - others.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [subset, weight] of others.sort(([, a], [, b]) => b - a)) {
    const given = left >= 0 ? left : Math.max(left, -weight);
    result[subset] = weight + given;
    left -= given;
  }
  return result;
}
