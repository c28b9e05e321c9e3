/**
 * lanes.yaml on this computer: each replica of each version as a process, each version with its sidecar, the gateway
 * in front, and the registry of the mesh kept true to what is ready.
 */
import { type LaneService, type Lanes, LanesError, type LaneVersion } from '../lanes/lanes.ts';
import type { Question } from '../lanes/probe.ts';
import { registryOf } from '../lanes/registry.ts';
import type { Answer } from '../lanes/trail.ts';
import { problem } from '../lanes/yaml-place.ts';
import { type Mesh, type MeshOptions, startMesh } from '../mesh/mesh.ts';
import type { Registry } from '../mesh/network/registry.ts';
import type { FileWatch } from '../runtime/file-watch.ts';
import type { TracedRequest } from '../trace/join.ts';
import type { WhoListens } from './entry-hop.ts';
import { ExternalProcess } from './external-process.ts';
import { commandLaunch, localEnvironment, standInLaunch } from './launch.ts';
import { MeshProbe } from './mesh-probe.ts';
import { watchProgram } from './program-watch.ts';
import type { Silent } from './served-hops.ts';
import { needsOwnProcess, SharedProcess, sharesProcesses } from './shared-process.ts';
import { type ProcessChange, VersionProcess, type VersionProcessOptions } from './version-process.ts';
import { openWayOut, type WayOut } from './way-out.ts';

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
  process: LaneProcess;
  wayOut: WayOut;
  /** It counts as not ready, whatever its process says. */
  withheld: boolean;
}

/** What runs for a version. */
type LaneProcess = VersionProcess | ExternalProcess;

/** All of lanes.yaml, running. */
export interface LocalLanes {
  lanes: Lanes;
  mesh: Mesh;
  replicas: readonly Replica[];
  /** Resolves when of every process it is known how it goes: ready, died twice, slow, or never to be ready. */
  settled: Promise<void>;
  whoListens: WhoListens;
  /** The requests that `ask` sent so far, as the proxies told of them. */
  traced(): readonly TracedRequest[];
  /** Sends one request to the gateway, and reads in the log of the mesh who served it at each hop. */
  ask(question: Question, path: string): Promise<Answer>;
  /** Programs that called nobody when they were asked so. */
  silent(): Silent[];
  /** Takes a process out of the mesh while it runs on, as if it were not ready; or lets it in again. */
  withhold(replica: Replica, withheld: boolean): void;
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

/** The versions that would have to speak what their program does not. */
function notSpoken({ name, protocol, versions }: LaneService): string[] {
  if (protocol === 'http') return [];
  return versions
    .filter(({ run }) => run.type === 'stand-in')
    .map(({ name: version, place }) =>
      problem(
        place,
        ['services', name, 'protocol'],
        `${protocol}: ${version} is a stand-in, which speaks HTTP/1.1 only: give it "run" or "url"`,
      ),
    );
}

/** The mesh of all lanes, whose processes are still to be started. */
export interface OpenedLanes extends LocalLanes {
  /** All at the same time. */
  start(): void;
}

/**
 * Starts the mesh, then all processes at the same time.
 * @throws what {@link openLocalLanes} throws
 */
export async function startLocalLanes(options: LocalLanesOptions): Promise<LocalLanes> {
  const local = await openLocalLanes(options);
  local.start();
  return local;
}

/**
 * Starts the mesh, and no process yet.
 * @throws LanesError where a stand-in would have to speak HTTP/2; and what {@link startMesh} throws: rules that are
 * wrong, a busy port; nothing is left running then
 */
export async function openLocalLanes(options: LocalLanesOptions): Promise<OpenedLanes> {
  const { lanes, onChange, onOutput, onAccessLog, ...meshOptions } = options;
  const problems = lanes.services.flatMap(notSpoken);
  if (problems.length > 0) throw new LanesError(problems);
  const replicas: Replica[] = [];
  const whoListens: WhoListens = (address) =>
    replicas.find(({ process: { host, port } }) => address === `${host}:${port}`);
  const meshProbe = new MeshProbe(lanes, whoListens);
  const mesh = await startMesh({
    ...meshOptions,
    exceptFiles: [lanes.file],
    registry: runningRegistry(lanes, replicas),
    onAccessLog: (entry) => {
      meshProbe.heard(entry);
      onAccessLog?.(entry);
    },
  });
  const watches: FileWatch[] = [];
  const settling: Promise<void>[] = [];

  const stop = async (graceMs = defaultGraceMs) => {
    for (const watch of watches) watch.close();
    await mesh.close(graceMs);
    await Promise.all(replicas.map((replica) => replica.process.stop(graceMs)));
  };
  const kill = () => {
    for (const replica of replicas) replica.process.kill();
  };
  const heard = (replica: Replica, change: ProcessChange) => {
    mesh.setRegistry(runningRegistry(lanes, replicas));
    onChange?.(replica, change);
  };

  try {
    for (const service of lanes.services) {
      const shared = sharesProcesses(lanes) ? new SharedProcess() : undefined;
      for (const version of service.versions) {
        const wayOut = await openWayOut(mesh, lanes, service, version);
        const started = Array.from({ length: version.replicas }, (_, index) => {
          const place = { service, version, index, wayOut };
          const { replica, settled } = replicaOf(lanes, place, { heard, onOutput, shared });
          settling.push(settled);
          return replica;
        });
        replicas.push(...started);
        if (version.run.type === 'command' && version.run.watch.length > 0 && meshOptions.watch) {
          const restart = () => {
            for (const { process } of started) process.restart('its files changed');
          };
          watches.push(await watchProgram(version.run, restart));
        }
      }
    }
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    lanes,
    mesh,
    replicas,
    settled: Promise.all(settling).then(() => {}),
    whoListens,
    traced: () => meshProbe.traced(),
    ask: (question, path) => meshProbe.ask(mesh, question, path),
    silent: () => meshProbe.silent(),
    withhold: (replica, withheld) => {
      replica.withheld = withheld;
      mesh.setRegistry(runningRegistry(lanes, replicas));
    },
    start: () => {
      for (const { process } of replicas) void process.start();
    },
    stop,
    kill,
  };
}

/** Which replica of which version, behind which sidecar. */
type ReplicaPlace = Pick<Replica, 'service' | 'version' | 'index' | 'wayOut'>;

interface Surroundings {
  heard: (replica: Replica, change: ProcessChange) => void;
  onOutput: LocalLanesOptions['onOutput'];
  /** Where stand-ins of the service run together. */
  shared: SharedProcess | undefined;
}

/** @returns the replica, not yet started, and when it is known how it goes */
function replicaOf(
  lanes: Lanes,
  place: ReplicaPlace,
  { heard, onOutput, shared }: Surroundings,
): { replica: Replica; settled: Promise<void> } {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const limit = setTimeout(resolve, longestStartMs);
  void settled.then(() => clearTimeout(limit));
  let deaths = 0;
  const replica: Replica = {
    ...place,
    withheld: false,
    process: processOf(lanes, place, shared, {
      onOutput: (line) => onOutput?.(replica, line),
      onChange: (change) => {
        // Once may be bad luck, e.g. somebody took its port between finding and using it.
        if (change.type === 'died') deaths++;
        // One's own may have to be compiled before it listens.
        const isLate = change.type === 'slow' && !(change.mayCome && place.version.run.type === 'command');
        if (change.type === 'ready' || isLate || deaths > 1 || !place.version.ready) resolve();
        heard(replica, change);
      },
    }),
  };
  return { replica, settled };
}

/** After that nobody waits any longer for a program. */
const longestStartMs = 180_000;

/** How a version's process is started and looked at. */
function processOf(
  lanes: Lanes,
  { service, version, wayOut }: ReplicaPlace,
  shared: SharedProcess | undefined,
  listeners: Omit<VersionProcessOptions, 'launch'>,
): LaneProcess {
  const { run } = version;
  if (run.type === 'url') return new ExternalProcess(run, listeners.onChange);
  const env = localEnvironment(lanes, service, version, wayOut);
  if (run.type === 'command') return new VersionProcess({ launch: commandLaunch(run, env), ...listeners });
  const begin = shared && !needsOwnProcess(version) ? shared.begin(run.program) : undefined;
  return new VersionProcess({
    launch: standInLaunch(run.program, env),
    ...(begin && { begin }),
    ...listeners,
  });
}

function runningRegistry(lanes: Lanes, replicas: readonly Replica[]): Registry {
  return registryOf(lanes, (_, version) =>
    replicas
      .filter((replica) => replica.version === version && replica.process.port > 0)
      .map(({ index, process, withheld }) => ({
        name: `${version.name}-${index}`,
        address: process.host,
        port: process.port,
        // A program of one's own knows nothing of what lanes.yaml says of it.
        ready: process.ready && version.ready && !withheld,
      })),
  );
}
