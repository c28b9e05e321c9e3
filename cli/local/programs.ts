/** Processes of the kit's services that outlive a scene: the next one that needs the same takes them as they are. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Programs, RunningProgram } from '../../check/engines/pair.ts';
import type { LaneService, Lanes, LaneVersion } from '../../mesh/lanes.ts';
import { environmentOf, programOf } from './local-lanes.ts';
import { VersionProcess } from './version-process.ts';

interface Entry {
  process: VersionProcess;
  sidecarPort: number;
  ready: Promise<void>;
}

export class ProgramPool implements Programs {
  readonly #entries = new Map<string, Promise<Entry>>();

  /** @throws Error where the process dies instead of getting ready */
  async run(
    lanes: Lanes,
    service: LaneService,
    version: LaneVersion,
    index: number,
  ): Promise<RunningProgram> {
    const { name, namespace, run, calls } = service;
    const key = JSON.stringify([name, namespace, run, calls, version.name, version.env, index]);
    const starting = this.#entries.get(key) ?? start(lanes, service, version);
    this.#entries.set(key, starting);
    const { process, sidecarPort, ready } = await starting;
    await ready;
    return { port: process.port, sidecarPort };
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    const entries = await Promise.all(this.#entries.values());
    await Promise.all(entries.map(({ process }) => process.stop(1_000)));
    this.#entries.clear();
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const entry of this.#entries.values()) void entry.then(({ process }) => process.kill());
  }
}

async function start(lanes: Lanes, service: LaneService, version: LaneVersion): Promise<Entry> {
  const sidecarPort = await freePort();
  const ready = Promise.withResolvers<void>();
  let said = '';
  const process = new VersionProcess({
    program: programOf(service),
    env: { ...environmentOf(lanes, service, version, `http://127.0.0.1:${sidecarPort}`), MISBEHAVE: '1' },
    onOutput: (line) => {
      said = `${said}\n${line}`.slice(-500);
    },
    onChange: (change) => {
      if (change.type === 'ready') ready.resolve();
      if (change.type === 'died' && !change.wasReady) {
        ready.reject(new Error(`${service.name}/${version.name} did not start: ${change.reason}${said}`));
      }
    },
  });
  await process.start();
  return { process, sidecarPort, ready: ready.promise };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
