/** Processes of the kit's services that outlive a scene: the next one that needs the same takes them as they are. */
import { once } from 'node:events';
import net from 'node:net';
import type { Programs, RunningProgram } from '../check/local/pair.ts';
import { versionEnvironment } from '../lanes/environment.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { localEnvironment, standInLaunch } from '../local/launch.ts';
import { VersionProcess } from '../local/version-process.ts';

/** Once may be bad luck, e.g. somebody took its port between finding and using it. */
const deathsBeforeReady = 3;

interface Entry {
  process: VersionProcess;
  relay: Relay;
  ready: Promise<void>;
}

export class ProgramPool implements Programs {
  readonly #entries = new Map<string, Promise<Entry>>();

  /** @throws Error where the process dies again and again instead of getting ready */
  async run(
    lanes: Lanes,
    service: LaneService,
    version: LaneVersion,
    index: number,
  ): Promise<RunningProgram> {
    // All that a process is told of the lanes, the header of the colour among it.
    const told = versionEnvironment(lanes, service, version);
    const key = JSON.stringify([service.namespace, service.standIn, told, index]);
    const starting = this.#entries.get(key) ?? start(lanes, service, version);
    this.#entries.set(key, starting);
    const { process, relay, ready } = await starting;
    await ready;
    return { port: process.port, useSidecar: (port) => relay.lead(port) };
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    const entries = await Promise.all(this.#entries.values());
    this.#entries.clear();
    await Promise.all(entries.map(({ process }) => process.stop(1_000)));
    await Promise.all(entries.map(({ relay }) => relay.close()));
  }
}

async function start(lanes: Lanes, service: LaneService, version: LaneVersion): Promise<Entry> {
  const relay = await Relay.open();
  const ready = Promise.withResolvers<void>();
  let said = '';
  let deaths = 0;
  const process = new VersionProcess({
    launch: standInLaunch(service.standIn, {
      ...localEnvironment(lanes, service, version, { proxyUrl: `http://127.0.0.1:${relay.port}` }),
      MISBEHAVE: '1',
    }),
    onOutput: (line) => {
      said = `${said}\n${line}`.slice(-500);
    },
    onChange: (change) => {
      if (change.type === 'ready') ready.resolve();
      if (change.type === 'died' && ++deaths >= deathsBeforeReady) {
        ready.reject(new Error(`${service.name}/${version.name} did not start: ${change.reason}${said}`));
      }
    },
  });
  await process.start();
  return { process, relay, ready: ready.promise };
}

/** The port that a process knows as its sidecar for as long as it lives; each scene has a sidecar of its own. */
class Relay {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #to = 0;

  private constructor() {
    this.#server = net.createServer((from) => this.#join(from));
  }

  static async open(): Promise<Relay> {
    const relay = new Relay();
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** Where connections lead from now on; those that lead elsewhere are closed. */
  lead(port: number): void {
    this.#to = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(from: net.Socket): void {
    const to = net.connect(this.#to, '127.0.0.1');
    for (const socket of [from, to]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    to.on('close', () => {
      this.#sockets.delete(to);
      from.destroy();
    });
    from.pipe(to).pipe(from);
  }
}
