/** The one port that the local gateway's listener stands for, whatever port of this computer it has. */

import type { RuleSet } from '../rules/model.ts';
import type { Problem } from '../rules/problem.ts';
import type { ProxyIdentity } from './decision.ts';
import { selects } from './visibility.ts';

const usualPort = 80;

/** Labels of the gateway's pod where nobody says otherwise: those that Istio's own chart gives it. */
export const gatewayLabels: ProxyIdentity['labels'] = { istio: 'ingressgateway' };

/** Port 80 where a Gateway's server has it, or none has any; else the lowest. */
export function gatewayPortOf(ports: Iterable<number>): number {
  const all = new Set(ports);
  return all.has(usualPort) || all.size === 0 ? usualPort : Math.min(...all);
}

/** Servers of the Gateways for the proxy with these labels that wait on another port: never reached here. */
export function unheardServers(
  { gateways }: RuleSet,
  labels: ProxyIdentity['labels'] = gatewayLabels,
): Problem[] {
  const servers = gateways
    .filter(({ selector }) => selects(selector, labels))
    .flatMap(({ name, servers }) => servers.map((server, index) => ({ ...server, name, index })));
  const heard = gatewayPortOf(servers.map(({ port }) => port.number));
  return servers
    .filter(({ port }) => port.number !== heard)
    .map(({ place, name, index, port }) => ({
      ...place,
      object: `Gateway ${name}`,
      field: `spec.servers[${index}].port`,
      message: `${port.number} is not listened on: the local gateway stands for port ${heard} alone; use a cluster`,
    }));
}
