/** Why no VirtualService decides where Istio's default route does. */
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import type { Explanation } from '../../mesh/routing/explain.ts';
import { isSubsetOf } from '../../mesh/routing/hosts.ts';
import { isExportedTo } from '../../mesh/routing/visibility.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';

/** A line for each VirtualService that has the host and does not count; or that there is none. Nothing where one decides. */
export function whyNoRule(
  { virtualServices }: RuleSet,
  { namespace, type }: ProxyIdentity,
  { decision, virtualHosts }: Explanation,
): string[] {
  if (type !== 'sidecar' || decision.type !== 'forward' || decision.by) return [];
  const taken = virtualHosts.find(({ matched }) => matched);
  const domains = taken?.domains.filter((domain) => domain !== '*') ?? [];
  if (domains.length === 0) return [];
  const claiming = virtualServices.filter(({ hosts }) =>
    hosts.some((host) => domains.some((domain) => isSubsetOf(domain, host.toLowerCase()))),
  );
  if (claiming.length === 0) return ['no VirtualService has this host: any endpoint may answer'];
  return claiming.map((rule) => {
    const named = `VirtualService ${rule.namespace}/${rule.name} has this host, but`;
    if (!rule.gateways.includes('mesh')) return `${named} for gateways only (${rule.gateways.join(', ')})`;
    if (!isExportedTo(rule.exportTo, rule.namespace, namespace)) {
      return `${named} it is not exported to namespace ${namespace} (exportTo: ${rule.exportTo.join(', ')})`;
    }
    return `${named} no route of it is for this caller`;
  });
}
