/** The kit's own services as the upstream of a scene on the local mesh: processes, each version behind its sidecar. */
import type { LaneService, Lanes, LaneVersion } from '../../lanes/lanes.ts';
import { registryOf, workloadOf } from '../../lanes/registry.ts';
import type { Mesh } from '../../mesh/mesh.ts';
import type { Registry } from '../../mesh/network/registry.ts';
import type { Scene } from '../scene.ts';
import type { SceneState } from '../scene-state.ts';
import { address, type Upstream } from './upstream.ts';

/** A process that is ready. */
export interface RunningProgram {
  port: number;
  /** From now on, what it sends goes to the sidecar on this port of 127.0.0.1. */
  useSidecar(port: number): void;
}

/** Who runs the services; one that runs already serves the next scene that needs the same. */
export interface Programs {
  run(lanes: Lanes, service: LaneService, version: LaneVersion, index: number): Promise<RunningProgram>;
}

export class PairUpstream implements Upstream {
  readonly #programs: Programs;
  readonly #lanes: Lanes;
  /** Names of services that speak gRPC: servers in this process. */
  readonly #grpc: readonly string[];
  readonly #servers = new Map<string, Promise<{ port: number; close: () => void }>>();
  #running: { service: LaneService; version: LaneVersion; index: number; program: RunningProgram }[] = [];

  constructor(programs: Programs | undefined, { file, world, grpc = [] }: Scene) {
    if (!programs) throw new Error(`${file}: nobody here runs the services`);
    this.#programs = programs;
    this.#lanes = world;
    this.#grpc = grpc;
  }

  /** What runs, each version as often as the scene has it now. */
  async registry(state: SceneState): Promise<Registry> {
    const wanted = this.#lanes.services.flatMap((service) =>
      service.versions.flatMap((version) => {
        const replicas = state.replicas(service.name, version.name);
        return Array.from({ length: replicas }, (_, index) => ({ service, version, index }));
      }),
    );
    this.#running = await Promise.all(
      wanted.map(async ({ service, version, index }) => ({
        service,
        version,
        index,
        program: await this.#run(service, version, index),
      })),
    );
    return registryOf(this.#lanes, (_, of) =>
      this.#running
        .filter(({ version }) => version === of)
        .map(({ version, index, program: { port } }) => ({
          name: `${version.name}-${index}`,
          address,
          port,
          ready: true,
        })),
    );
  }

  /** Those that the scene gets later, by scaling up, find a sidecar too. */
  async attach(mesh: Mesh): Promise<void> {
    for (const service of this.#lanes.services.filter(({ calls }) => calls.length > 0)) {
      for (const version of service.versions) {
        for (let index = 0; index < Math.max(1, version.replicas); index++) {
          const program = await this.#programs.run(this.#lanes, service, version, index);
          const sidecar = await mesh.sidecar(workloadOf(service, version));
          program.useSidecar(Number(new URL(sidecar.proxyUrl).port));
        }
      }
    }
  }

  /** Requests that each version has served, as it counts them itself at /metrics. */
  async counts(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { service, version, program } of this.#running) {
      if (this.#grpc.includes(service.name)) continue;
      const name = `${service.name}/${version.name}`;
      counts[name] = (counts[name] ?? 0) + servedIn(await metricsOf(address, program.port));
    }
    return counts;
  }

  /** The programs stay up for the next scene; who made them ends them. */
  async close(): Promise<void> {
    for (const server of this.#servers.values()) (await server).close();
  }

  async #run(service: LaneService, version: LaneVersion, index: number): Promise<RunningProgram> {
    if (!this.#grpc.includes(service.name)) return this.#programs.run(this.#lanes, service, version, index);
    const key = `${service.name}/${version.name}-${index}`;
    const start = async () =>
      (await import('../agent/grpc.ts')).serveGrpc(service.name, version.name, address, 0);
    const server = this.#servers.get(key) ?? start();
    this.#servers.set(key, server);
    return { port: (await server).port, useSidecar: () => {} };
  }
}

async function metricsOf(host: string, port: number): Promise<string> {
  return (await fetch(`http://${host}:${port}/metrics`)).text();
}

/** Adds up the requests in what a service tells at /metrics, without those for its operational paths. */
export function servedIn(metrics: string): number {
  const lines = metrics.matchAll(/^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm);
  return [...lines]
    .filter(([, labels]) => labels?.includes('route="/*"'))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}
