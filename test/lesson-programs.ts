/** Who answers in the lessons when they are tested: with as few processes as show the same. */
import type { Programs, RunningProgram } from '../check/engines/pair.ts';
import { environmentOf } from '../cli/local/local-lanes.ts';
import { ProgramPool } from '../cli/local/programs.ts';
import type { LaneService, Lanes, LaneVersion } from '../mesh/lanes.ts';
import { listening, serverOfB } from '../services/testing/apps.ts';

/**
 * `npm run lesson` starts each version as a process. Here those that call nobody answer in this process, the same code
 * on a port of its own: starting a process costs more than most lessons ask of it. Who calls others has a sidecar,
 * which is set for a whole process; who has variables of its own may be about what a process does with its connections.
 */
export class LessonPrograms implements Programs {
  readonly #processes = new ProgramPool();
  readonly #servers = new Map<string, ReturnType<typeof listening>>();

  async run(
    lanes: Lanes,
    service: LaneService,
    version: LaneVersion,
    index: number,
  ): Promise<RunningProgram> {
    if (service.run !== 'service-b' || Object.keys(version.env).length > 0)
      return this.#processes.run(lanes, service, version, index);
    const key = JSON.stringify([service.name, service.namespace, version.name, index]);
    const env = { ...environmentOf(lanes, service, version, ''), MISBEHAVE: '1' };
    const starting = this.#servers.get(key) ?? listening(serverOfB(env));
    this.#servers.set(key, starting);
    const { url } = await starting;
    return { port: Number(new URL(url).port), useSidecar: () => {} };
  }

  async close(): Promise<void> {
    const servers = await Promise.all(this.#servers.values());
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    await this.#processes.close();
  }
}
