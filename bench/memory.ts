/** Resident memory of a setup while it answers request after request: what is kept of each would show. */
import autocannon from 'autocannon';
import { type SetupName, setups } from './setups.ts';

export interface MemorySample {
  /** Answered so far. */
  requests: number;
  /** MB of each program of the setup, in its order. */
  memory: readonly number[];
  /** Of all requests so far. */
  failed: number;
}

/** Sends the requests in equal parts, and looks after each. */
export async function measureMemory(
  setup: SetupName,
  { requests, samples, connections }: { requests: number; samples: number; connections: number },
): Promise<MemorySample[]> {
  const { url, programs } = await setups[setup]();
  const taken: MemorySample[] = [];
  try {
    let failed = 0;
    for (let i = 1; i <= samples; i++) {
      const headers = { 'project-version': 'release-v1' };
      const result = await autocannon({ url, connections, amount: requests / samples, headers });
      failed += result.errors + result.timeouts + result.non2xx;
      const memory = await Promise.all(programs.map((program) => program.memory()));
      taken.push({ requests: (requests / samples) * i, memory, failed });
    }
    return taken;
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}
