/** A colour that another version serves, which is neither its own nor the baseline: no fallback, but a wrong lane. Pure. */
import type { HopView, ServiceView } from '../protocol.ts';

export const wrongLaneSign = '⇄';

/** @param services of the lanes; of others nobody knows the baseline */
export function isWrongLane({ fallback, to }: HopView, services: readonly ServiceView[]): boolean {
  const service = services.find(({ name }) => name === to?.service);
  return fallback && service !== undefined && service.baseline !== to?.version;
}
