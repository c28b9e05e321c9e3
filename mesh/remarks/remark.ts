/** What Istio takes without a word, and which rarely is what was meant. */
import type { HttpRoute, Place, RuleMeta, VirtualService } from '../rules/model.ts';
import { formatProblem } from '../rules/problem.ts';

/** Every remark there is, by the name that stands at its end; each has an example in remarks.test.ts. */
export const remarkCodes = {
  'route-never-reached': 'an earlier route takes all its requests',
  'gateway-unknown': 'no Gateway has this name',
  'gateway-host-unheard': 'the Gateway does not listen for this host',
  'gateway-port-unheard': 'the local gateway stands for one port',
  'host-steered-twice': 'two VirtualServices have this host, and sidecars obey one',
  'host-unknown': 'no service has this host',
  'host-whole-name': 'a name with a dot is taken as a whole name',
  'host-capitals': 'a host with a capital is compared as written',
  'host-not-exported': 'the ServiceEntry of this host is not exported to the caller',
  'port-unknown': 'the service has no such port',
  'subset-unknown': 'no DestinationRule has this subset',
  'subset-not-exported': 'the DestinationRule with this subset is not exported to the caller',
  'subset-out-of-sight': 'Istio does not look for DestinationRules in that namespace',
  'subset-for-other-workloads': 'the DestinationRule with this subset is for other workloads',
  'subset-hidden': 'another DestinationRule hides the one with this subset',
  'subset-selects-nobody': 'no version has the labels of this subset',
  'fault-hits-nobody': 'a fault without a percentage',
  'fallback-route-unknown': 'no rule has the route of this fallback',
  'fallback-cluster-unknown': 'no EnvoyFilter adds the cluster of this fallback',
  'fallback-member-unknown': 'the fallback has a member that no proxy has',
  'outlier-ejects-nobody': 'maxEjectionPercent of so few endpoints is nobody',
  'outlier-consecutive-errors': 'consecutiveErrors does nothing any more',
  'outlier-gateway-errors-idle': 'consecutive5xxErrors comes first',
  'hash-under-weights': 'weights send the same key to several destinations',
  'source-labels-at-gateway': "sourceLabels are compared with the gateway's own labels",
  'source-labels-beside-gateways': 'sourceLabels do not count beside gateways of a match',
  'route-not-accepted': 'no parent accepts the HTTPRoute or GRPCRoute',
  'route-refs-unresolved': 'the HTTPRoute or GRPCRoute names a backend that is not there or not allowed',
  'path-before-header': 'a longer path without headers comes before the lane',
  'gateway-class-unknown': 'the Gateway is of a class that Istio does not run',
  'gateway-address-unusable': 'the Service of an address is not in the namespace of its Gateway',
  'gateway-not-heard': 'the local gateway stands for one Gateway with pods of its own',
  'namespace-ambient': 'waypoints do less than sidecars',
  'namespace-mixed': 'requests of sidecars go past waypoints',
  'not-run-here': 'Istio runs this, the local mesh does not',
  'not-a-rule': 'no object of Istio',
} as const;

export type RemarkCode = keyof typeof remarkCodes;

/** One thing in the rules that is valid and worth a word. */
export interface Remark {
  code: RemarkCode;
  place: Place;
  /** The object that it is about. */
  object: { kind: string; namespace: string; name: string };
  /** `spec.http[0]`; absent where the place says it. */
  field?: string;
  /** What is there and what comes of it. */
  message: string;
  /** What to write instead, where that can be told. */
  wayOut?: string;
}

/** `istio/b.yaml:14: VirtualService b: spec.hosts: b.com: … ; write … [gateway-host-unheard]` */
export function formatRemark({ code, place, object, field, message, wayOut }: Remark): string {
  const said = wayOut ? `${message}; ${wayOut}` : message;
  return `${formatProblem({ ...place, object: `${object.kind} ${object.name}`, field, message: said })} [${code}]`;
}

/** The object of a remark, from the rule. */
export function about({ kind, namespace, name }: RuleMeta & { kind: string }): Remark['object'] {
  return { kind, namespace, name };
}

/** The object that somebody has written: of a route that an HTTPRoute became, that. */
export function aboutRoute(rule: VirtualService, { from }: HttpRoute): Remark['object'] {
  return from ? { kind: from.kind, namespace: from.namespace, name: from.name } : about(rule);
}

/** What somebody has written: of HTTPRoutes that are one rule to Istio each of them. */
export function writtenOf(rule: VirtualService): Remark['object'][] {
  if (!rule.ofGatewayApi) return [about(rule)];
  const routes = rule.http.map((route) => aboutRoute(rule, route));
  return [...new Map(routes.map((one) => [`${one.namespace}/${one.name}`, one])).values()];
}

/** `spec.http[0]`, or `spec.rules[0]` of an HTTPRoute. */
export function fieldOf({ from }: HttpRoute, index: number): string {
  return from ? `spec.rules[${from.rule}]` : `spec.http[${index}]`;
}
