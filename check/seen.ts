/** What a step showed: its answers, and who was called for them. */
import type { Arrival } from './agent/echo.ts';
import type { Observation } from './observation.ts';

/** What the requests of one step showed. */
export interface StepObservation {
  observations: readonly Observation[];
  /** Everything that arrived at any upstream, mirrors and retries included. */
  calls: readonly Arrival[];
  /** How often each `service/version` was called, where upstreams only count. */
  counts?: Readonly<Record<string, number>>;
  /** Envoy's response flags, where the engine tells them. */
  flags?: readonly string[];
}

/** `service-a/release > service-b/release-v1` */
export function trailOf({ trail }: Observation): string | undefined {
  return trail?.map(({ service, version }) => `${service}/${version}`).join(' > ');
}

/** How often a version was called in all. */
export function countOf(seen: StepObservation, version: string): number {
  if (!seen.counts) return callsOf(seen, version).length;
  return Object.entries(seen.counts)
    .filter(([name]) => servedAs(version, name) === version)
    .reduce((sum, [, count]) => sum + count, 0);
}

/** Every call of a version. */
export function callsOf(seen: StepObservation, version: string): Arrival[] {
  return seen.calls.filter((call) => servedAs(version, `${call.service}/${call.version}`) === version);
}

/** `service-a/release` as an expectation names it: whole, or the version alone where that has no service. */
export function servedAs(expected: string, served: string | undefined): string | undefined {
  return expected.includes('/') ? served : served?.split('/')[1];
}

/** How often each name is given. */
export function countBy(
  observations: readonly Observation[],
  name: (one: Observation) => string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of observations) counts.set(name(one), (counts.get(name(one)) ?? 0) + 1);
  return counts;
}

/** Answers of 5xx, and requests without an answer. */
export function failuresOf(seen: StepObservation): number {
  return seen.observations.filter(({ status }) => status === 0 || status >= 500).length;
}
