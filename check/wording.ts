/** How a verdict says a number, and what differs. */
import type { Observation } from './observation.ts';

/** What was found instead; undefined where it is as wanted. @param one the answer, which may say why */
export function differs(found: unknown, wanted: unknown, one?: Observation): string | undefined {
  if (found === wanted) return undefined;
  const shown = typeof found === 'string' ? JSON.stringify(found) : String(found);
  const why = one?.error ?? one?.answer.body.slice(0, 120);
  return `was ${shown}${why ? ` (${why})` : ''}`;
}

/** The number, where it is out of bounds. */
export function outside(found: number, { min, max }: { min: number; max: number }): string | undefined {
  return found >= min && found <= max ? undefined : `was ${found}`;
}

export function inWords(bounds: { min: number; max: number }): string {
  return `${inNumbers(bounds)} times`;
}

export function inNumbers({ min, max }: { min: number; max: number }): string {
  if (min === max) return String(min);
  return max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`;
}

export function inPercent(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares)
    .map(([name, share]) => `${name} ${share} %`)
    .join(', ');
}
