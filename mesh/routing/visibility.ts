/** Who sees which rule: namespaces, labels, and Istio's root namespace. */

import { gatewayApiGroup } from '../rules/gateway-api/model.ts';
import type { Gateway } from '../rules/model.ts';
import { inOrderOfCreation } from './creation-order.ts';
import type { ProxyIdentity } from './decision.ts';

/** The namespace whose rules are meant for all: Istio's default `rootNamespace`. */
export const rootNamespace = 'istio-system';

/** Whether a rule of `owner` with this `exportTo` is seen in `namespace`; an empty list means everywhere. */
export function isExportedTo(exportTo: readonly string[], owner: string, namespace: string): boolean {
  if (exportTo.length === 0) return true;
  return exportTo.some(
    (scope) => scope === '*' || scope === namespace || (scope === '.' && owner === namespace),
  );
}

/** Whether an object that carries `labels` is selected by `selector`; an empty selector selects everything. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

/** The label that Istio gives the pods of a Gateway of the Gateway API. */
export const gatewayNameLabel = `${gatewayApiGroup}/gateway-name`;

/**
 * Whether a Gateway configures the gateway that `proxy` is: by its selector, or, one of the Gateway API, by whose pods
 * they are: they have its name as a label, or stand behind the Service of an address. The local gateway stands behind
 * all Services of its namespace, and for the first Gateway that has pods of its own.
 */
export function configures(
  { selector, pods }: Gateway,
  { namespace, labels, services }: Pick<ProxyIdentity, 'namespace' | 'labels' | 'services'>,
): boolean {
  if (!pods) return selects(selector, labels);
  const own = labels[gatewayNameLabel];
  const isOwn = pods.services.length === 0 && pods.gateway === `${namespace}/${own}`;
  const isBehind = pods.services.some(
    (service) =>
      service.namespace === namespace &&
      isFound(service, pods.gateway) &&
      (services?.includes(service.name) ?? own === undefined),
  );
  return isOwn || isBehind || (pods.isFirst && own === undefined && services === undefined);
}

/** Istio looks for the Service of an address in the Gateway's own namespace alone (push_context.go, mergeGateways). */
export function isFound(service: { namespace: string }, gateway: string): boolean {
  return gateway.startsWith(`${service.namespace}/`);
}

/** Whether everybody sees it; an empty list means so too. */
export function isPublic({ exportTo }: { exportTo: readonly string[] }): boolean {
  return exportTo.length === 0 || exportTo.includes('*');
}

/**
 * The rules of a kind that a proxy gets, in Istio's order of precedence: those private to its namespace, those
 * exported to it by name, the public ones (pilot/pkg/model/push_context.go, initVirtualServices); within each, in order
 * of creation; of the public ones those first that HTTPRoutes of its namespace became (pilot/pkg/model/virtualservice.go,
 * SelectVirtualServices; push_context.go, VirtualServicesForGateway).
 */
export function visibleTo<
  R extends { name: string; namespace: string; exportTo: readonly string[]; ofGatewayApi?: true },
>(proxy: ProxyIdentity, rules: readonly R[]): R[] {
  const visible = rules
    .filter((rule) => isExportedTo(rule.exportTo, rule.namespace, proxy.namespace))
    .sort(inOrderOfCreation);
  const isOwn = ({ ofGatewayApi, namespace }: R) => ofGatewayApi && namespace === proxy.namespace;
  return [
    ...visible.filter((rule) => !isPublic(rule) && rule.namespace === proxy.namespace),
    ...visible.filter((rule) => !isPublic(rule) && rule.namespace !== proxy.namespace),
    ...visible.filter((rule) => isPublic(rule) && isOwn(rule)),
    ...visible.filter((rule) => isPublic(rule) && !isOwn(rule)),
  ];
}
