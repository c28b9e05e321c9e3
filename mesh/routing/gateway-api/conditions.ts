/** What Istio writes into the status of an HTTPRoute, as far as it is not as it should be (conditions.go, createRouteStatus). */
import type { ApiRoute, ParentRef } from '../../rules/gateway-api/model.ts';
import type { Place } from '../../rules/model.ts';
import { type Bond, denials } from './bonds.ts';
import type { ListenerGateway } from './gateways.ts';
import type { Converted } from './http-rules.ts';

/** Something that an HTTPRoute names and Istio does not find or may not use. */
export interface Trouble {
  reason: 'RefNotPermitted' | 'InvalidKind' | 'BackendNotFound' | 'InvalidDestination';
  message: string;
  place: Place;
}

/** A condition that is False, or that Istio does not write at all. */
export interface Condition {
  route: ApiRoute;
  type: 'Accepted' | 'ResolvedRefs';
  /** Of Accepted: who does not. */
  parent?: ParentRef;
  /** Istio's word; absent where it writes no status for the parent. */
  reason?: string;
  message: string;
  place: Place;
}

export function conditionsOn(
  route: ApiRoute,
  bonds: readonly Bond[],
  converted: { mesh: Converted; gateway: Converted },
  gateways: readonly ListenerGateway[],
): Condition[] {
  const troubles = new Map<string, Trouble>();
  for (const { troubles: found } of [
    ...(bonds.some(({ gateway }) => gateway === 'mesh') ? [converted.mesh] : []),
    ...(bonds.some(({ gateway }) => gateway !== 'mesh') ? [converted.gateway] : []),
  ]) {
    for (const trouble of found)
      troubles.set(`${trouble.place.file}:${trouble.place.line} ${trouble.message}`, trouble);
  }
  return [
    ...route.parents.flatMap((ref) => accepted(route, ref, bonds, gateways)),
    ...[...troubles.values()].map((trouble) => ({ route, type: 'ResolvedRefs' as const, ...trouble })),
  ];
}

/** One listener that accepts it is enough; else the most severe of the reasons counts, for all that have it. */
function accepted(
  route: ApiRoute,
  ref: ParentRef,
  bonds: readonly Bond[],
  gateways: readonly ListenerGateway[],
): Condition[] {
  const own = bonds.filter((bond) => bond.ref === ref);
  const common = { route, type: 'Accepted' as const, parent: ref, place: ref.place };
  if (own.length === 0) return [{ ...common, message: unknownParent(ref, gateways) }];
  if (own.some(({ denied }) => denied === undefined)) return [];
  const reason = denials.find((one) => own.some(({ denied }) => denied?.reason === one));
  const messages = own.flatMap(({ denied }) => (denied?.reason === reason ? [denied?.message ?? ''] : []));
  return [{ ...common, ...(reason && { reason }), message: messages.join('; ') }];
}

function unknownParent({ kind, namespace, name }: ParentRef, gateways: readonly ListenerGateway[]): string {
  if (kind !== 'Gateway') return `${kind} ${namespace}/${name} is no parent that Istio knows`;
  return gateways.length === 0
    ? `no Gateway of Istio is there, so none is ${namespace}/${name}`
    : `no Gateway of Istio is ${namespace}/${name}`;
}
