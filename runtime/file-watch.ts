/** Tells when files changed, came or went, once whoever writes them is done. */
import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { openForWriting } from './open-files.ts';

/**
 * It looks, instead of waiting to be told. What a system tells (inotify, FSEvents) it tells of an inode, not of a path:
 * it falls silent when a folder is removed, renamed, made anew or switched by git, and on many shared folders (WSL,
 * Docker Desktop, NFS) it never says a word.
 */
const lookMs = 100;
/** Of the time that passes, looking takes no more than a part of this size, however many files there are. */
const shareOfTime = 1 / 20;
/** Editors, git and copies write in several steps: a change is told once there has been none for so long. */
const quietMs = 200;
/** How often a file that is still open for writing is looked at. */
const openMs = 500;
/** Some programs never close what they wrote. */
const longestOpenMs = 10_000;

export interface FileWatch {
  close(): void;
}

/** Path to what tells one state of a file from the next. */
type Sight = ReadonlyMap<string, string>;

/**
 * Calls `onChange` after the files changed, unless they have changed back by then. Resolves once it watches; the watch
 * alone does not keep the process alive.
 * @param list paths of the files as of now; one that is not there may be among them
 */
export async function watchFiles(
  list: () => Promise<readonly string[]>,
  onChange: () => void,
): Promise<FileWatch> {
  const closing = new AbortController();
  const { signal } = closing;
  let told = await look(list);

  const watch = async () => {
    let seen = told;
    let changedAt = 0;
    let askAt = 0;
    let pauseMs = lookMs;
    while (!signal.aborted) {
      await wait(pauseMs, undefined, { signal, ref: false });
      const beganAt = performance.now();
      const now = await look(list);
      const lookedAt = performance.now();
      pauseMs = Math.max(lookMs, (lookedAt - beganAt) / shareOfTime);
      if (changes(seen, now).length > 0) {
        changedAt = lookedAt;
        askAt = lookedAt + quietMs;
        seen = now;
      }
      const changed = changes(told, seen);
      if (changed.length === 0 || lookedAt < askAt) continue;
      if (lookedAt - changedAt < longestOpenMs && (await openForWriting(changed)).length > 0) {
        askAt = lookedAt + openMs;
        continue;
      }
      told = seen;
      if (!signal.aborted) onChange();
    }
  };
  watch().catch((error) => {
    if (!signal.aborted) throw error;
  });
  return { close: () => closing.abort() };
}

async function look(list: () => Promise<readonly string[]>): Promise<Sight> {
  const files = await list();
  return new Map(await Promise.all(files.map(async (file) => [file, await stateOf(file)] as const)));
}

async function stateOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Paths that are in one only, or in both and not the same. */
function changes(before: Sight, after: Sight): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
}
