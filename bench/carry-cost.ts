/**
 * What carry/ costs a Koa service that asks the next one by axios, against the same service that copies the colour by
 * hand. Two processes of one program differ by more than what is looked for: so it takes many pairs of them, each
 * started anew, loaded in turn in short blocks, and counts what is between the two of a pair.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { projectFile } from '../runtime/project.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';
import { type Estimate, estimateMedian } from './paired.ts';

export interface CarryCost {
  pairs: number;
  /** Shares of what the service does without: 0.02 is 2 % fewer requests, 2 % more processor time. */
  requestsPerSecond: Estimate;
  processorTime: Estimate;
  /** Requests that were not answered with 200. */
  failed: number;
}

export interface PairOptions {
  pairs: number;
  /** No pair begins after so long. */
  atMostMs: number;
  warmUpRequests: number;
  /** Of each process, in turn. */
  blocks: number;
  requestsPerBlock: number;
}

const connections = 20;
const headers = { 'project-version': 'release-v1' };

interface Load {
  seconds: number;
  processorSeconds: number;
  failed: number;
}

interface Side {
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

const service = projectFile('bench/peers/koa-axios.ts');
const sides: Record<'byHand' | 'carried', Side> = {
  byHand: { args: [service], env: {} },
  carried: {
    args: [`--import=${projectFile('carry/register.ts')}`, service],
    env: { CARRIED: '1', IN_MESH: '127.0.0.1' },
  },
};

export async function measureCarryCost(options: PairOptions): Promise<CarryCost> {
  const pinned = await pins();
  const began = performance.now();
  // service-b is one for all pairs, beside the client: neither is what is measured
  const called = await startMeasured([projectFile('bench/peers/bare.ts')], {}, { launcher: pinned.beside });
  const requests: number[] = [];
  const processor: number[] = [];
  let failed = 0;
  try {
    while (requests.length < options.pairs && performance.now() - began < options.atMostMs) {
      const env = { SERVICE_B_URL: `http://127.0.0.1:${called.listening.port}` };
      const { byHand, carried } = await measurePair(env, pinned.measured, options);
      requests.push(1 - byHand.seconds / carried.seconds);
      processor.push(carried.processorSeconds / byHand.processorSeconds - 1);
      failed += byHand.failed + carried.failed;
    }
  } finally {
    await called.stop();
    await pinned.release();
  }
  return {
    pairs: requests.length,
    requestsPerSecond: estimateMedian(requests),
    processorTime: estimateMedian(processor),
    failed,
  };
}

type Name = keyof typeof sides;

async function measurePair(
  env: NodeJS.ProcessEnv,
  launcher: readonly string[],
  { warmUpRequests, blocks, requestsPerBlock }: PairOptions,
): Promise<Record<Name, Load>> {
  const programs = new Map<Name, MeasuredProcess>();
  const sums: Record<Name, Load> = { byHand: noLoad(), carried: noLoad() };
  try {
    for (const name of inRandomOrder())
      programs.set(
        name,
        await startMeasured(sides[name].args, { ...sides[name].env, ...env }, { launcher, tellsTime: true }),
      );
    for (const program of programs.values()) await load(program, warmUpRequests);
    for (let block = 0; block < blocks; block++) {
      for (const name of inRandomOrder()) {
        const { seconds, processorSeconds, failed } = await load(
          programs.get(name) as MeasuredProcess,
          requestsPerBlock,
        );
        const sum = sums[name];
        sum.seconds += seconds;
        sum.processorSeconds += processorSeconds;
        sum.failed += failed;
      }
    }
    return sums;
  } finally {
    await Promise.all([...programs.values()].map((program) => program.stop()));
  }
}

function noLoad(): Load {
  return { seconds: 0, processorSeconds: 0, failed: 0 };
}

function inRandomOrder(): readonly Name[] {
  return Math.random() < 0.5 ? ['byHand', 'carried'] : ['carried', 'byHand'];
}

/** Asks over and over on each connection; autocannon would end at whole seconds only. */
async function load(program: MeasuredProcess, amount: number): Promise<Load> {
  const pool = new Pool(`http://127.0.0.1:${program.listening.port}`, { connections });
  const before = await program.processorSeconds();
  const began = performance.now();
  let left = amount;
  let failed = 0;
  const ask = async () => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/', headers });
      await body.dump();
      if (statusCode !== 200) failed++;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, ask));
    const seconds = (performance.now() - began) / 1000;
    return { seconds, processorSeconds: (await program.processorSeconds()) - before, failed };
  } finally {
    await pool.close();
  }
}

/**
 * Where this may run on two cores or more, and taskset (util-linux) is there: what is measured has one of them for
 * itself, the client and whom it asks the others.
 */
async function pins(): Promise<{
  measured: readonly string[];
  beside: readonly string[];
  release: () => Promise<void>;
}> {
  const taskset = async (...args: string[]) =>
    (await promisify(execFile)('taskset', ['--cpu-list', ...args, String(process.pid)])).stdout;
  const said = await taskset('--pid').catch(() => '');
  // pid 1234's current affinity list: 0-2,5
  const [, cores = ''] = /: ([\d,-]+)\n$/.exec(said) ?? [];
  const [, first = '', others = ''] = /^(\d+)[-,](.+)$/.exec(cores) ?? [];
  if (others === '') return { measured: [], beside: [], release: async () => {} };
  const rest = cores.startsWith(`${first}-`) ? `${Number(first) + 1}-${others}` : others;
  await taskset('--all-tasks', '--pid', rest);
  return {
    measured: ['taskset', '--cpu-list', first],
    beside: ['taskset', '--cpu-list', rest],
    release: async () => {
      await taskset('--all-tasks', '--pid', cores);
    },
  };
}
