/** Who answers in the lessons when they are tested: the services, in this process. */
import type { Programs, RunningProgram } from '../check/local/pair.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { localEnvironment } from '../local/launch.ts';
import { listening, serverOf } from '../services/testing/apps.ts';

type Answering = Awaited<ReturnType<typeof listening>> & Pick<RunningProgram, 'useSidecar'>;

/**
 * `npm run lesson` starts each version as a process. Starting one costs more than most lessons ask of it, so here the
 * same code answers on a port of its own; for one scene.
 */
export class LessonPrograms implements Programs {
  readonly #answering = new Map<string, Promise<Answering>>();

  async run(
    lanes: Lanes,
    service: LaneService,
    version: LaneVersion,
    index: number,
  ): Promise<RunningProgram> {
    const key = `${service.name}/${version.name}/${index}`;
    const starting = this.#answering.get(key) ?? answer(lanes, service, version);
    this.#answering.set(key, starting);
    const { url, useSidecar } = await starting;
    return { port: Number(new URL(url).port), useSidecar };
  }

  async close(): Promise<void> {
    const answering = await Promise.all(this.#answering.values());
    await Promise.all(answering.map((one) => one[Symbol.asyncDispose]()));
  }
}

async function answer(lanes: Lanes, service: LaneService, version: LaneVersion): Promise<Answering> {
  let sidecar: string | undefined;
  const env = { ...localEnvironment(lanes, service, version, { proxyUrl: '' }), MISBEHAVE: '1' };
  const server = serverOf(service.standIn, env, () => sidecar);
  return {
    ...(await listening(server)),
    useSidecar(port) {
      sidecar = `http://127.0.0.1:${port}`;
    },
  };
}
