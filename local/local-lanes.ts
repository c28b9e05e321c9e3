/**
 * lanes.yaml on this computer: each replica of each version as a process, each version with its sidecar, the gateway
 * in front, and the registry of the mesh kept true to what is ready.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { authorityFrom, registryOf } from '../lanes/registry.ts';
import { type Mesh, type MeshOptions, startMesh } from '../mesh/mesh.ts';
import type { Registry } from '../mesh/network/registry.ts';
import { type ProcessChange, VersionProcess } from './version-process.ts';

export interface LocalLanesOptions extends Omit<MeshOptions, 'registry'> {
  lanes: Lanes;
  /** What happened to a process, from its start to its end. */
  onChange?: (replica: Replica, change: ProcessChange) => void;
  /** A line that a process wrote. */
  onOutput?: (replica: Replica, line: string) => void;
}

/** One process of a version. */
export interface Replica {
  service: LaneService;
  version: LaneVersion;
  /** From 0. */
  index: number;
  process: VersionProcess;
}

/** All of lanes.yaml, running. */
export interface LocalLanes {
  lanes: Lanes;
  mesh: Mesh;
  replicas: readonly Replica[];
  /** Resolves when of every process it is known how it goes: ready, died twice, slow, or never to be ready. */
  settled: Promise<void>;
  /** Ends the mesh and all processes in good order: requests in flight end first, within `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** Ends all processes at once. */
  kill(): void;
}

const defaultGraceMs = 3_000;

/** For people: `service-a/release-v1`, and `service-a/release-v1-1` for a second process of it. */
export function replicaName({ service, version, index }: Replica): string {
  return `${service.name}/${version.name}${index > 0 ? `-${index}` : ''}`;
}

/**
 * Starts the mesh, then all processes at the same time.
 * @throws what {@link startMesh} throws: rules that are wrong, a busy port; nothing is left running then
 */
export async function startLocalLanes(options: LocalLanesOptions): Promise<LocalLanes> {
  const { lanes, onChange, onOutput, ...meshOptions } = options;
  const replicas: Replica[] = [];
  const mesh = await startMesh({
    ...meshOptions,
    exceptFiles: [lanes.file],
    registry: runningRegistry(lanes, replicas),
  });
  const settling: Promise<void>[] = [];

  const stop = async (graceMs = defaultGraceMs) => {
    await mesh.close(graceMs);
    await Promise.all(replicas.map((replica) => replica.process.stop(graceMs)));
  };
  const kill = () => {
    for (const replica of replicas) replica.process.kill();
  };

  try {
    for (const service of lanes.services) {
      for (const version of service.versions) {
        const { proxyUrl } = await mesh.sidecar({
          name: `${service.name}/${version.name}`,
          namespace: service.namespace,
          labels: version.labels,
        });
        for (let index = 0; index < version.replicas; index++) {
          const { promise, resolve } = Promise.withResolvers<void>();
          settling.push(promise);
          let deaths = 0;
          const replica: Replica = {
            service,
            version,
            index,
            process: new VersionProcess({
              program: programOf(service),
              env: environmentOf(lanes, service, version, proxyUrl),
              onOutput: (line) => onOutput?.(replica, line),
              onChange: (change) => {
                mesh.setRegistry(runningRegistry(lanes, replicas));
                // Once may be bad luck, e.g. somebody took its port between finding and using it.
                if (change.type === 'died') deaths++;
                if (change.type === 'ready' || change.type === 'slow' || deaths > 1 || !version.ready)
                  resolve();
                onChange?.(replica, change);
              },
            }),
          };
          replicas.push(replica);
          void replica.process.start();
        }
      }
    }
  } catch (error) {
    await stop(0);
    throw error;
  }
  return { lanes, mesh, replicas, settled: Promise.all(settling).then(() => {}), stop, kill };
}

export function programOf(service: LaneService): string {
  return fileURLToPath(new URL(`../services/${service.run}/main.ts`, import.meta.url));
}

/** The environment of this process, and what makes it that version, behind that sidecar. */
export function environmentOf(
  lanes: Lanes,
  service: LaneService,
  version: LaneVersion,
  proxyUrl: string,
): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    // What this computer calls through a proxy of its own is no affair of the mesh.
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(https?|no|all)_proxy$/i.test(entry[0]),
  );
  const called = lanes.services.find((other) => other.name === service.calls);
  return {
    LOG_LEVEL: 'warn',
    // Where Node keeps it by default: the second start is quicker for it.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    ...Object.fromEntries(inherited),
    HOST: '127.0.0.1',
    SERVICE_NAME: service.name,
    PROJECT_VERSION: version.name,
    READY: String(version.ready),
    // No other computer has to learn first that this process is leaving.
    DRAIN_DELAY_MS: '0',
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    ...(called && { SERVICE_B_URL: `http://${authorityFrom(service.namespace, called)}` }),
    ...version.env,
  };
}

function runningRegistry(lanes: Lanes, replicas: readonly Replica[]): Registry {
  return registryOf(lanes, (_, version) =>
    replicas
      .filter((replica) => replica.version === version && replica.process.port > 0)
      .map(({ index, process }) => ({
        name: `${version.name}-${index}`,
        address: '127.0.0.1',
        port: process.port,
        ready: process.ready,
      })),
  );
}
