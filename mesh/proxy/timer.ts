/** Timers for times that rules give. */

/** node's longest timer, of 24 days; a longer one would end at once. */
const longestMs = 2 ** 31 - 1;

/** What a timer can be set to for this time. */
export function timerMs(ms: number): number {
  return Math.min(ms, longestMs);
}
