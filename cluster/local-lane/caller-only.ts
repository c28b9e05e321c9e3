/** A computer that only calls: a version of a service that nobody calls, as no Service selects its pods. */
import type { LaneTarget } from '../lane-steps.ts';

/** Behind a service's name. */
export const callerSuffix = '-calls';

/** @returns the same target, under a name of its own */
export function callerOnly(target: LaneTarget): LaneTarget {
  return { ...target, service: { ...target.service, name: `${target.service.name}${callerSuffix}` } };
}
