/** Who answers in the lessons when they are tested: with as few processes as show the same. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Programs, RunningProgram } from '../check/engines/pair.ts';
import { environmentOf } from '../cli/local/local-lanes.ts';
import { ProgramPool } from '../cli/local/programs.ts';
import type { LaneService, Lanes, LaneVersion } from '../mesh/lanes.ts';
import { createHttpServer } from '../services/kit/lifecycle.ts';
import { readConfig } from '../services/service-b/config.ts';
import { testServiceB } from '../services/testing/apps.ts';

/**
 * `npm run lesson` starts each version as a process. Here those that call nobody answer in this process, the same code
 * on a port of its own: starting a process costs more than most lessons ask of it. Who calls others has a sidecar,
 * which is set for a whole process; who has variables of its own may be about what a process does with its connections.
 */
export class LessonPrograms implements Programs {
  readonly #processes = new ProgramPool();
  readonly #servers = new Map<string, Promise<Server>>();

  async run(
    lanes: Lanes,
    service: LaneService,
    version: LaneVersion,
    index: number,
  ): Promise<RunningProgram> {
    if (service.run !== 'service-b' || Object.keys(version.env).length > 0)
      return this.#processes.run(lanes, service, version, index);
    const key = JSON.stringify([service.name, service.namespace, version.name, index]);
    const starting = this.#servers.get(key) ?? listening(environmentOf(lanes, service, version, ''));
    this.#servers.set(key, starting);
    const { port } = (await starting).address() as AddressInfo;
    return { port, useSidecar: () => {} };
  }

  async close(): Promise<void> {
    const servers = await Promise.all(this.#servers.values());
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await this.#processes.close();
  }
}

async function listening(variables: Record<string, string>): Promise<Server> {
  const env = { ...variables, MISBEHAVE: '1' };
  const server = createHttpServer(testServiceB(env).app, readConfig(env)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
