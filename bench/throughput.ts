/** Requests per second and latency of each setup, all in one run and in turn, so that they share the machine's moods. */
import autocannon from 'autocannon';
import { type Setup, type SetupName, setups } from './setups.ts';

export interface Throughput {
  setup: SetupName;
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** MB, all its processes together. */
  memory: number;
  /** Requests that failed or were not answered with 200. */
  failed: number;
}

export interface LoadOptions {
  /** Requests to each setup before anything counts: code that the engine has not compiled yet is not what runs all day. */
  warmUpRequests: number;
  seconds: number;
  rounds: number;
  connections: number;
}

/** The median of the rounds; a round visits every setup once. */
export async function measureThroughput(
  names: readonly SetupName[],
  options: LoadOptions,
): Promise<Throughput[]> {
  const running = new Map<SetupName, Setup>();
  try {
    for (const name of names) running.set(name, await setups[name]());
    for (const { url } of running.values()) await warmUp(url, options);
    const rounds = new Map<SetupName, Omit<Throughput, 'setup' | 'memory'>[]>();
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, { url }] of running) {
        rounds.set(name, [...(rounds.get(name) ?? []), await load(url, options)]);
      }
    }
    return await Promise.all(
      [...running].map(async ([setup, { programs }]) => ({
        setup,
        ...median(rounds.get(setup) ?? []),
        memory: sum(await Promise.all(programs.map((program) => program.memory()))),
      })),
    );
  } finally {
    await Promise.all(
      [...running.values()].flatMap(({ programs }) => programs.map((program) => program.stop())),
    );
  }
}

const headers = { 'project-version': 'release-v1' };

async function warmUp(url: string, { warmUpRequests, connections }: LoadOptions): Promise<void> {
  await autocannon({ url, connections, amount: warmUpRequests, headers });
}

async function load(url: string, { seconds, connections }: LoadOptions) {
  const result = await autocannon({ url, connections, duration: seconds, headers });
  return {
    requestsPerSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.errors + result.timeouts + result.non2xx,
  };
}

/** The round in the middle by requests per second, with the failures of all. */
function median<T extends { requestsPerSecond: number; failed: number }>(rounds: readonly T[]): T {
  const sorted = rounds.toSorted((one, other) => one.requestsPerSecond - other.requestsPerSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error('no round was measured');
  return { ...middle, failed: sum(rounds.map(({ failed }) => failed)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
