/** Tells when files changed, came or went, once whoever writes them is done. */
import { open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileState } from './file-state.ts';
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
/** The same for a text that stops in the middle of a line: most likely more of it is to come. */
const cutQuietMs = 1_500;
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
      const quiet = lookedAt - changedAt;
      if (quiet < cutQuietMs && (await endsInALine(changed))) {
        askAt = changedAt + cutQuietMs;
        continue;
      }
      if (quiet < longestOpenMs && (await openForWriting(changed)).length > 0) {
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
  return new Map(await Promise.all(files.map(async (file) => [file, await fileState(file)] as const)));
}

const lineBreak = 10;

/** Whether one of them has no line break at its end, or nothing at all. */
async function endsInALine(files: readonly string[]): Promise<boolean> {
  const ends = await Promise.all(files.map((path) => lastByte(path).catch(() => lineBreak)));
  return ends.some((byte) => byte !== lineBreak);
}

/** Undefined: it is empty. @throws where there is no such file */
async function lastByte(path: string): Promise<number | undefined> {
  if (!(await stat(path)).isFile()) return lineBreak; // A pipe would keep us waiting.
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(1),
      position: Math.max(0, size - 1),
    });
    return bytesRead === 0 ? undefined : buffer[0];
  } finally {
    await file.close();
  }
}

/** Paths that are in one only, or in both and not the same. */
function changes(before: Sight, after: Sight): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
}
