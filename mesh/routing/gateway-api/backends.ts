/** Where requests of an HTTPRoute or GRPCRoute may go (conversion.go, buildDestination). */
import type { Registry } from '../../network/registry.ts';
import type { ApiRoute, BackendRef, GatewayApi } from '../../rules/gateway-api/model.ts';
import { gatewayApiGroup } from '../../rules/gateway-api/model.ts';
import type { Destination } from '../../rules/model.ts';
import type { Trouble } from './conditions.ts';

/**
 * `destination` where requests are sent, be it nowhere: one that Istio may not name or does not know leads to a cluster
 * that is not there, and to 500. Without it the whole HTTPRoute is left out.
 */
export interface Found {
  destination?: Destination;
  trouble?: Trouble;
}

interface Backends {
  /** `needsGrant`: whether another namespace has to allow it, as at gateways. */
  find(ref: BackendRef, by: Pick<ApiRoute, 'kind' | 'namespace'>, options: { needsGrant: boolean }): Found;
}

export function backendsOf({ referenceGrants }: GatewayApi, registry: Registry): Backends {
  const services = new Set(registry.services.map(({ name, namespace }) => `${namespace}/${name}`));

  function isGranted(
    { group, kind, name, namespace }: BackendRef,
    by: Pick<ApiRoute, 'kind' | 'namespace'>,
  ): boolean {
    return referenceGrants.some(
      (grant) =>
        grant.namespace === namespace &&
        grant.from.some(
          (one) => one.group === gatewayApiGroup && one.kind === by.kind && one.namespace === by.namespace,
        ) &&
        grant.to.some(
          (one) => one.group === group && one.kind === kind && (one.name === undefined || one.name === name),
        ),
    );
  }

  return {
    find: (ref, by, { needsGrant }) => {
      const own = by.namespace;
      const { group, kind, name, namespace = own, port, place } = ref;
      const nowhere = { host: '', place };
      if (needsGrant && namespace !== own && !isGranted(ref, by)) {
        const message = `backendRef ${name}/${namespace} not accessible to a ${by.kind} in namespace "${own}" (missing a ReferenceGrant?)`;
        return { destination: nowhere, trouble: { reason: 'RefNotPermitted', message, place } };
      }
      if (group !== '' || kind !== 'Service') {
        const message = `referencing unsupported backendRef: group "${group}" kind "${kind}"`;
        return { destination: nowhere, trouble: { reason: 'InvalidKind', message, place } };
      }
      if (name.includes('.')) {
        const message = 'service name invalid; the name of the Service must be used, not the hostname.';
        return { trouble: { reason: 'InvalidDestination', message, place } };
      }
      const host = `${name}.${namespace}.svc.cluster.local`;
      const destination = { host, ...(port !== undefined && { port }), place };
      if (services.has(`${namespace}/${name}`)) return { destination };
      const message = `backend(${host}) not found`;
      return { destination, trouble: { reason: 'BackendNotFound', message, place } };
    },
  };
}
