/** From the start of a process to its first answer. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../build/bundle.ts';
import { prepareCompileCache } from '../build/compile-cache.ts';
import { projectFile } from '../runtime/project.ts';
import { startMeasured } from './measured-process.ts';

export interface ColdStart {
  what: string;
  /** Milliseconds, the median. */
  ms: number;
  /** MB after the first answer, the median. */
  memory: number;
}

/** service-b, the way it is started in the sources and in the image, next to Node with nothing. */
export async function measureColdStart(times: number): Promise<ColdStart[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const { file: bundled } = await bundle('service-b', folder);
    const cache = join(folder, 'cache');
    await prepareCompileCache(bundled, cache);
    const rows = [
      { what: 'node:http, nothing else', program: projectFile('bench/peers/bare-server.ts') },
      { what: 'service-b from its sources', program: projectFile('services/service-b/main.ts') },
      { what: 'service-b bundled', program: bundled },
      { what: 'service-b bundled, with compile cache', program: bundled, env: { NODE_COMPILE_CACHE: cache } },
    ];
    const measured: ColdStart[] = [];
    for (const { what, program, env } of rows) {
      const runs: Omit<ColdStart, 'what'>[] = [];
      for (let i = 0; i < times; i++) runs.push(await startOnce(program, env));
      measured.push({
        what,
        ms: median(runs.map(({ ms }) => ms)),
        memory: median(runs.map(({ memory }) => memory)),
      });
    }
    return measured;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function startOnce(path: string, env: NodeJS.ProcessEnv = {}): Promise<Omit<ColdStart, 'what'>> {
  const start = performance.now();
  const program = await startMeasured([path], { PORT: '0', ...env });
  const answer = await fetch(`http://127.0.0.1:${program.listening.port}/`);
  await answer.text();
  const ms = performance.now() - start;
  const memory = await program.memory();
  await program.stop();
  return { ms, memory };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
