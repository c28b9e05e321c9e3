/** What istiod has written into the status of routes and Gateways, where it says no and nothing here says so. */

import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import type { Explanation } from '../../mesh/routing/explain.ts';
import type { Condition as Foreseen } from '../../mesh/routing/gateway-api/conditions.ts';
import { controller } from '../../mesh/routing/gateway-api/gateways.ts';
import { configures } from '../../mesh/routing/visibility.ts';
import type { LiveMesh } from './live-mesh.ts';
import { isParentHere } from './parents.ts';
import type { IstioObject } from './resources.ts';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

interface RouteStatus {
  parents?: {
    controllerName?: string;
    parentRef: { kind?: string; namespace?: string; name: string; sectionName?: string };
    conditions?: Condition[];
  }[];
}

interface GatewayStatus {
  listeners?: { name: string; conditions?: Condition[] }[];
}

/** A line each: `istiod says of Gateway shop/door, listener https: ResolvedRefs is False, InvalidCertificateRef: …` */
export function saidByIstiod(mesh: LiveMesh, proxy: ProxyIdentity, explanation: Explanation): string[] {
  const { httpRoutes, grpcRoutes, apiGateways } = mesh.snapshot;
  const { rules, conditions } = mesh.translated;
  const ofRoutes = [...httpRoutes.items, ...grpcRoutes.items].flatMap((route) => {
    const { kind, metadata, spec } = route;
    const { parents = [] } = (route.status ?? {}) as RouteStatus;
    return parents.flatMap(({ controllerName, parentRef, conditions: written = [] }) => {
      const { kind: parentKind = 'Gateway', namespace = metadata.namespace, name } = parentRef;
      const hostnames = (spec?.hostnames ?? []) as string[];
      const parent = { kind: parentKind, namespace, name, hostnames };
      if (controllerName !== controller || !isParentHere(parent, rules, proxy, explanation)) return [];
      const unforeseen = refusals(route, written, ['Accepted']).filter(() => !isForeseen(conditions, route));
      return unforeseen.map(
        (said) => `istiod says of ${kind} ${metadata.namespace}/${metadata.name}: ${said}`,
      );
    });
  });
  const ofGateways = apiGateways.items.flatMap((gateway) => {
    const { namespace, name } = gateway.metadata;
    const isHere = rules.gateways.some(
      (one) => one.pods?.gateway === `${namespace}/${name}` && configures(one, proxy),
    );
    if (proxy.type !== 'gateway' || !isHere) return [];
    const { listeners = [] } = (gateway.status ?? {}) as GatewayStatus;
    return listeners.flatMap((listener) =>
      refusals(gateway, listener.conditions ?? [], ['Accepted', 'ResolvedRefs', 'Programmed']).map(
        (said) => `istiod says of Gateway ${namespace}/${name}, listener ${listener.name}: ${said}`,
      ),
    );
  });
  return [...ofRoutes, ...ofGateways];
}

/** Those of the object as it is now. */
function refusals(
  { metadata: { generation = 0 } }: IstioObject,
  conditions: readonly Condition[],
  types: readonly string[],
): string[] {
  return conditions
    .filter(({ type, status, observedGeneration = generation }) => {
      return types.includes(type) && status === 'False' && observedGeneration >= generation;
    })
    .map(({ type, reason = 'for no reason', message = '' }) => `${type} is False, ${reason}: ${message}`);
}

function isForeseen(conditions: readonly Foreseen[], { kind, metadata }: IstioObject): boolean {
  return conditions.some(
    ({ route, type }) =>
      type === 'Accepted' &&
      route.kind === kind &&
      route.name === metadata.name &&
      route.namespace === metadata.namespace,
  );
}
