/** How the program of a version gets to the services that it calls: through the sidecar of that version. */
import getPort from 'get-port';
import { calledBy } from '../lanes/graph.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { authorityFrom, workloadOf } from '../lanes/registry.ts';
import type { Mesh } from '../mesh/mesh.ts';

export interface WayOut {
  /** Of the sidecar, for programs that know HTTP_PROXY. */
  proxyUrl: string;
  /** Where a service that it calls is found: by its name, or at a local address that leads through the sidecar. */
  urlOf(called: LaneService): string;
}

/** Starts the sidecar of a version, with a local address for each service that it calls where lanes.yaml says so. */
export async function openWayOut(
  mesh: Mesh,
  lanes: Lanes,
  service: LaneService,
  version: LaneVersion,
): Promise<WayOut> {
  const { run } = version;
  // Who started the program elsewhere need not start it anew each time: the port stays where it is free.
  const port = run.type === 'url' ? await getPort({ port: run.port + 10_000 }) : 0;
  const sidecar = await mesh.sidecar({ ...workloadOf(service, version), port });
  const addresses = new Map<LaneService, string>();
  if (service.ports) {
    for (const called of calledBy(lanes, service)) {
      addresses.set(called, await sidecar.wayTo(authorityFrom(service.namespace, called)));
    }
  }
  return {
    proxyUrl: sidecar.proxyUrl,
    urlOf: (called) => addresses.get(called) ?? `http://${authorityFrom(service.namespace, called)}`,
  };
}
