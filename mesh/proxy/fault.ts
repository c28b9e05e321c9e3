/**
 * Fault injection: whom a delay or an abort hits.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection
 */
import type { Fault, FaultAbort } from '../rules/model.ts';

/** Milliseconds to wait before anything else, 0 for none. */
export function delayFor(fault: Fault | undefined, random: () => number): number {
  const delay = fault?.delay;
  return delay && hits(delay.percent, random) ? delay.fixedDelayMs : 0;
}

/** What to abort with, asked after the delay; undefined: let it pass. */
export function abortFor(fault: Fault | undefined, random: () => number): FaultAbort | undefined {
  const abort = fault?.abort;
  return abort && hits(abort.percent, random) ? abort : undefined;
}

function hits(percent: number, random: () => number): boolean {
  return percent >= 100 || random() * 100 < percent;
}
