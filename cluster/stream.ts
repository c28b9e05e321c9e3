/** What kubectl tells for as long as it is listened to: logs that are followed, changes that are watched. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

const againMs = 2_000;

/**
 * Runs kubectl and hands on each line; when it ends, a connection that broke say, it is run again.
 * @param args of each run; its lines begin where those of the last one ended as well as kubectl can tell
 */
export async function followKubectl(
  context: string,
  args: readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const child = execa('kubectl', ['--context', context, ...args], {
      buffer: false,
      reject: false,
      stdin: 'ignore',
      stderr: 'ignore',
      cancelSignal: signal,
    });
    try {
      for await (const line of child) onLine(line);
    } catch {
      // It was ended, or broke off: seen by what follows.
    }
    await child;
    await sleep(againMs, undefined, { signal }).catch(() => {});
  }
}
