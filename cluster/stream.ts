/** What kubectl tells for as long as it is listened to: logs that are followed, changes that are watched. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

export interface Listener {
  onLine: (line: string) => void;
  /** A run has failed, and the next one is to come. `isRefused`: the user has no right to it. */
  onFailure?: (said: string, isRefused: boolean) => void;
}

/** Before the next run; after a failure twice as long as after the last one. */
const againMs = 2_000;
const longestMs = 8_000;
/** A right that is missing is seldom given while somebody waits for it. */
const refusedMs = 30_000;

/**
 * Runs kubectl and hands on each line; when it ends, a connection that broke say, it is run again. Until the signal.
 * @param args of each run: of the next one, where it is to begin with what the last one had not told
 */
export async function followKubectl(
  context: string,
  args: () => readonly string[],
  { onLine, onFailure = () => {} }: Listener,
  signal: AbortSignal,
): Promise<void> {
  let waitMs = againMs;
  while (!signal.aborted) {
    const child = execa('kubectl', ['--context', context, ...args()], {
      buffer: { stdout: false },
      reject: false,
      stdin: 'ignore',
      cancelSignal: signal,
    });
    try {
      for await (const line of child) {
        waitMs = againMs;
        onLine(line);
      }
    } catch {
      // It was ended, or broke off: seen by what follows.
    }
    const { failed, stderr } = await child;
    if (signal.aborted) return;
    const isRefused = failed && stderr.includes('(Forbidden)');
    if (failed) onFailure(stderr.trim().split('\n').at(-1) ?? '', isRefused);
    await sleep(isRefused ? refusedMs : waitMs, undefined, { signal }).catch(() => {});
    waitMs = failed ? Math.min(2 * waitMs, longestMs) : againMs;
  }
}
