/** What `coloring start` takes for 36 versions of two services: seconds until the table, and memory of all processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { firstLine } from '../runtime/first-line.ts';
import { projectFile } from '../runtime/project.ts';
import { memoryOf } from './process-tree.ts';

export interface StartedLanes {
  what: string;
  seconds: number;
  /** Of all processes together, what they share counted once (PSS), in MB; undefined where the system does not tell. */
  memory: number | undefined;
}

const versions = ['release', ...Array.from({ length: 17 }, (_, i) => `release-v${i + 1}`)];

/** @param times of each, in turn; the median counts */
export async function measureStarts(times: number): Promise<StartedLanes[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-start-'));
  try {
    const runs: Record<string, Omit<StartedLanes, 'what'>[]> = { each: [], shared: [] };
    for (let i = 0; i < times; i++)
      for (const [processes, taken] of Object.entries(runs)) taken.push(await startOnce(folder, processes));
    return Object.entries(runs).flatMap(([processes, taken]) => {
      const median = taken.sort((a, b) => a.seconds - b.seconds)[Math.floor(taken.length / 2)];
      return median ? [{ what: `36 versions, processes: ${processes}`, ...median }] : [];
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function startOnce(folder: string, processes: string): Promise<Omit<StartedLanes, 'what'>> {
  const file = join(folder, `${processes}.yaml`);
  const services = {
    'service-a': { port: 31000, calls: 'service-b', versions },
    'service-b': { port: 32000, versions },
  };
  await writeFile(file, stringify({ processes, services }));
  const args = [projectFile('cli/coloring.mjs'), 'start', '--lanes', file, '--port', '0', '--no-map'];
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  try {
    await firstLine(child, child.stdout, (line) => (line.includes('to stop') ? line : undefined));
    const seconds = (performance.now() - began) / 1000;
    return { seconds, memory: await memoryOf(child.pid as number) };
  } finally {
    child.kill('SIGINT');
    await closed;
  }
}
