/**
 * Whose pods the local gateway is. On a cluster a Gateway of class istio has pods of its own, in its own namespace; the
 * local mesh has one gateway, which is those of the first Gateway, unless a Gateway of Istio's own kind selects it.
 */
import type { Gateway } from '../../rules/model.ts';
import type { ProxyIdentity } from '../decision.ts';
import { gatewayNameLabel, selects } from '../visibility.ts';

/** @param gateways with those that listeners became */
export function standingFor(proxy: ProxyIdentity, gateways: readonly Gateway[]): ProxyIdentity {
  if (proxy.type !== 'gateway' || proxy.services || gatewayNameLabel in proxy.labels) return proxy;
  const first = gateways.find(({ pods }) => pods?.isFirst)?.pods;
  if (!first || gateways.some(({ selector, pods }) => !pods && selects(selector, proxy.labels))) return proxy;
  const [namespace = '', name = ''] = first.gateway.split('/');
  return { ...proxy, namespace, labels: { ...proxy.labels, [gatewayNameLabel]: name } };
}
