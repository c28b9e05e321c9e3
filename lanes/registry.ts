/** The services of lanes.yaml as the mesh's registry. */

import type { Endpoint, Registry } from '../mesh/network/registry.ts';
import type { LaneService, Lanes, LaneVersion } from './lanes.ts';

/** @param endpointsOf the endpoints of one version, which get its labels */
export function registryOf(
  lanes: Lanes,
  endpointsOf: (service: LaneService, version: LaneVersion) => readonly Omit<Endpoint, 'labels'>[],
): Registry {
  return {
    services: lanes.services.map((service) => ({
      name: service.name,
      namespace: service.namespace,
      ports: [{ name: service.protocol, number: service.port }],
      endpoints: service.versions.flatMap((version) =>
        endpointsOf(service, version).map((endpoint) => ({ ...endpoint, labels: version.labels })),
      ),
    })),
  };
}

/** Who the sidecar beside a version stands for. */
export function workloadOf({ name, namespace }: LaneService, version: LaneVersion) {
  return { name: `${name}/${version.name}`, namespace, labels: version.labels };
}

/** As if all of lanes.yaml ran: each version that may be ready is. */
export function registryAsWritten(lanes: Lanes): Registry {
  return registryOf(lanes, (service, version) =>
    Array.from({ length: version.replicas }, (_, index) => ({
      name: `${version.name}-${index}`,
      address: '127.0.0.1',
      port: service.port,
      ready: version.ready,
    })),
  );
}

/** How a caller names a service: by its short name in its own namespace, as `name.namespace` from another. */
export function authorityFrom(namespace: string, service: LaneService): string {
  const host = service.namespace === namespace ? service.name : `${service.name}.${service.namespace}`;
  return `${host}:${service.port}`;
}
