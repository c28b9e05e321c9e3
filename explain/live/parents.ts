/** Whether what a route of the Gateway API is bound to concerns a request: the Service that is called, or this gateway. */
import { fqdn } from '../../mesh/network/registry.ts';
import { partsOfCluster } from '../../mesh/routing/cluster-name.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import type { Explanation } from '../../mesh/routing/explain.ts';
import { hostOf, isSubsetOf } from '../../mesh/routing/hosts.ts';
import { configures } from '../../mesh/routing/visibility.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';

/** A parent of a route, and the hosts that it has there; none: all. */
export interface Parent {
  kind: string;
  namespace: string;
  name: string;
  hostnames: readonly string[];
}

/** The names of the virtual host that was taken. */
export function calledHosts({ virtualHosts }: Explanation): string[] {
  const taken = virtualHosts.find(({ matched }) => matched);
  return taken?.domains.filter((domain) => domain !== '*') ?? [];
}

/** Hosts that the request is for, or is sent on to. */
export function hostsOnTheWay(explanation: Explanation): string[] {
  const led = [...explanation.destinations, ...explanation.mirrors];
  return [...calledHosts(explanation), ...led.flatMap(({ cluster }) => partsOfCluster(cluster)?.host ?? [])];
}

/** @param rules with the Gateways that were made of listeners */
export function isParentHere(
  parent: Parent,
  { gateways }: RuleSet,
  proxy: ProxyIdentity,
  explanation: Explanation,
): boolean {
  const { kind, namespace, name, hostnames } = parent;
  if (proxy.type === 'sidecar') {
    const called = [...calledHosts(explanation), hostOf(explanation.head.authority)];
    if (kind === 'Service') return called.includes(fqdn({ name, namespace }));
    return kind === 'ServiceEntry' && hostnames.some((host) => called.some((one) => isSubsetOf(one, host)));
  }
  if (!couldTake(hostnames, explanation)) return false;
  // Of a ListenerSet it is not known here for which Gateway it is.
  if (kind === 'ListenerSet') return true;
  return (
    kind === 'Gateway' &&
    gateways.some((gateway) => gateway.pods?.gateway === `${namespace}/${name}` && configures(gateway, proxy))
  );
}

/** Whether one of them has the host that is called, and no virtual host is closer to it. */
function couldTake(hostnames: readonly string[], { head, virtualHosts }: Explanation): boolean {
  const called = hostOf(head.authority);
  const taken = virtualHosts.find(({ matched }) => matched);
  return (hostnames.length > 0 ? hostnames : ['*']).some(
    (host) =>
      isSubsetOf(called, host) && (!taken || taken.domains.some((domain) => isSubsetOf(host, domain))),
  );
}
