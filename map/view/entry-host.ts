/** By which host the gateway is asked for the first entry. */
import { entries } from '../../lanes/graph.ts';
import type { Lanes } from '../../lanes/lanes.ts';

/** Undefined where any will do. */
export function entryHost(lanes: Lanes): string | undefined {
  const [first] = entries(lanes);
  return first?.hosts.includes('*') ? undefined : first?.hosts[0];
}
