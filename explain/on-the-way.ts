/** Which of the remarks on all rules are about those that a request meets at one hop. */
import { writtenOf } from '../mesh/remarks/remark.ts';
import type { Remark } from '../mesh/remarks/remarks.ts';
import { partsOfCluster } from '../mesh/routing/cluster-name.ts';
import type { ProxyIdentity } from '../mesh/routing/decision.ts';
import { type Explanation, ruleName } from '../mesh/routing/explain.ts';
import { hostOf, isSubsetOf } from '../mesh/routing/hosts.ts';
import { configures } from '../mesh/routing/visibility.ts';
import type { Gateway, HttpRoute, Place, RuleSet, VirtualService } from '../mesh/rules/model.ts';

/** What is said of a rule: a remark, or that a part of it is not judged. */
type Said = Pick<Remark, 'object' | 'place'> & { code?: string };

/** Those about the rules of this hop; of a VirtualService's other routes only that they are never reached. */
export function onTheWay<T extends Said>(
  all: readonly T[],
  rules: RuleSet,
  proxy: ProxyIdentity,
  explanation: Explanation,
): T[] {
  const virtualServices = steering(rules, proxy, explanation);
  const objects = new Set(
    [...virtualServices.flatMap(writtenOf), ...beside(rules, proxy, explanation)].map(nameOf),
  );
  const { decision } = explanation;
  const decided = 'by' in decision ? decision.by?.route : undefined;
  const own = new Set(decided && placesOf(decided).map(at));
  const elsewhere = new Set(
    virtualServices
      .flatMap(({ http }) => http.filter((route) => route !== decided))
      .flatMap(placesOf)
      .map(at)
      .filter((place) => !own.has(place)),
  );
  return all.filter(
    ({ object, place, code }) =>
      objects.has(nameOf(object)) && (code === 'route-never-reached' || !elsewhere.has(at(place))),
  );
}

/** The VirtualServices that were tried, and those that have the host, be they obeyed or not. */
function steering(rules: RuleSet, { type }: ProxyIdentity, explanation: Explanation): VirtualService[] {
  const taken = explanation.virtualHosts.find(({ matched }) => matched);
  // A catch-all has every name: there the name that was called says more.
  const domains = taken?.domains.filter((domain) => domain !== '*') ?? [];
  const names = [hostOf(explanation.head.authority), ...domains];
  const tried = new Set(explanation.routes.map(({ rule }) => rule?.name));
  return rules.virtualServices.filter((rule) => {
    if (rule.ofGatewayApi ? rule.http.some((one) => tried.has(ruleName(rule, one))) : tried.has(nameOf(rule)))
      return true;
    const isMeant = rule.gateways.some((gateway) => (gateway === 'mesh') === (type === 'sidecar'));
    return isMeant && rule.hosts.some((host) => names.some((name) => isSubsetOf(name, host.toLowerCase())));
  });
}

/** Rules of other kinds for the destinations, the routes and the gateway. */
function beside(rules: RuleSet, proxy: ProxyIdentity, { destinations, mirrors, routes }: Explanation) {
  const clusters = [...destinations, ...mirrors].map(({ cluster }) => partsOfCluster(cluster)?.host);
  const hosts = clusters.filter((host) => host !== undefined);
  const names = new Set(routes.map(({ name }) => name));
  return [
    ...rules.destinationRules.filter(({ host }) => hosts.some((one) => isSubsetOf(one, host))),
    ...rules.serviceEntries.filter((entry) => entry.hosts.some((host) => hosts.includes(host))),
    ...rules.gateways
      .filter((gateway) => proxy.type === 'gateway' && configures(gateway, proxy))
      .map(gatewayObject),
    ...rules.fallbackFilters.filter((filter) => filter.routes.some(({ route }) => names.has(route))),
  ];
}

function gatewayObject(gateway: Gateway): Remark['object'] {
  const [namespace = '', name = ''] = gateway.pods?.gateway.split('/') ?? [gateway.namespace, gateway.name];
  return { kind: 'Gateway', namespace, name };
}

/** As a candidate of `explain` names its rule. */
function nameOf({ kind, namespace, name }: Remark['object']): string {
  return `${kind} ${namespace}/${name}`;
}

/** Where a route, its matches and its destinations stand. */
function placesOf({ place, match, action, mirrors }: HttpRoute): Place[] {
  const destinations = action.type === 'route' ? action.destinations : [];
  return [
    place,
    ...match.map((one) => one.place),
    ...[...destinations, ...mirrors].map(({ destination }) => destination.place),
  ];
}

function at({ file, line }: Place): string {
  return `${file}:${line}`;
}
