/** Why no rule decides where Istio's default route does, and which rules nobody obeys. */

import { writtenOf } from '../../mesh/remarks/remark.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import type { Explanation } from '../../mesh/routing/explain.ts';
import type { Translation } from '../../mesh/routing/gateway-api/translate.ts';
import { isSubsetOf } from '../../mesh/routing/hosts.ts';
import { isExportedTo } from '../../mesh/routing/visibility.ts';
import type { RuleSet, VirtualService } from '../../mesh/rules/model.ts';
import { calledHosts, isParentHere } from './parents.ts';

/** HTTPRoutes for this Service or this Gateway that are not accepted, a line each. */
export function refusedRoutes(
  { rules, conditions }: Translation,
  proxy: ProxyIdentity,
  explanation: Explanation,
): string[] {
  return conditions.flatMap(({ route, type, parent, reason, message }) => {
    if (type !== 'Accepted' || !parent) return [];
    if (!isParentHere({ ...parent, hostnames: route.hostnames }, rules, proxy, explanation)) return [];
    const why = `${reason ? `${reason}: ` : ''}${message}`;
    return `HTTPRoute ${route.namespace}/${route.name} is for this ${parent.kind}, which does not accept it: ${why}`;
  });
}

/** A line for each rule that has the host and does not count; or that there is none. Nothing where one decides. */
export function whyNoRule(rules: RuleSet, proxy: ProxyIdentity, explanation: Explanation): string[] {
  const { decision } = explanation;
  if (proxy.type !== 'sidecar' || decision.type !== 'forward' || decision.by) return [];
  const domains = calledHosts(explanation);
  if (domains.length === 0) return [];
  const claiming = rules.virtualServices.filter(
    ({ hosts, ofGatewayApi }) =>
      // A Gateway's HTTPRoute without hostnames is not about this host more than about any.
      !(ofGatewayApi && hosts.includes('*')) &&
      hosts.some((host) => domains.some((domain) => isSubsetOf(domain, host.toLowerCase()))),
  );
  if (claiming.length === 0) {
    return ['no VirtualService and no HTTPRoute has this host: any endpoint may answer'];
  }
  return claiming.flatMap((rule) => notHeeded(rule, rules, proxy));
}

function notHeeded(rule: VirtualService, { gateways }: RuleSet, { namespace }: ProxyIdentity): string[] {
  return writtenOf(rule).map((object) => {
    const named = `${object.kind} ${object.namespace}/${object.name} has this host, but`;
    if (!rule.gateways.includes('mesh')) {
      const names = rule.gateways.map(
        (name) => gateways.find((one) => `${one.namespace}/${one.name}` === name)?.pods?.gateway ?? name,
      );
      return `${named} for gateways only (${names.join(', ')})`;
    }
    if (!isExportedTo(rule.exportTo, rule.namespace, namespace)) {
      return `${named} it is not exported to namespace ${namespace} (exportTo: ${rule.exportTo.join(', ')})`;
    }
    if (rule.ofGatewayApi && rule.namespace !== namespace && !isAtHome(rule)) {
      return `${named} it is of another namespace than the Service, so it steers callers of ${rule.namespace} alone`;
    }
    return `${named} no route of it is for this caller`;
  });
}

/** Of HTTPRoutes for a Service: whether they are of its namespace, for all who call it. */
function isAtHome({ namespace, hosts }: VirtualService): boolean {
  return hosts.every((host) => host.split('.')[1] === namespace);
}
