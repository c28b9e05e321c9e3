/** The one port that the local gateway's listener stands for, whatever port of this computer it has. */
import type { ProxyIdentity } from './decision.ts';

const usualPort = 80;

/** Labels of the gateway's pod where nobody says otherwise: those that Istio's own chart gives it. */
export const gatewayLabels: ProxyIdentity['labels'] = { istio: 'ingressgateway' };

/** Port 80 where a Gateway's server has it, or none has any; else the lowest. */
export function gatewayPortOf(ports: Iterable<number>): number {
  const all = new Set(ports);
  return all.has(usualPort) || all.size === 0 ? usualPort : Math.min(...all);
}
