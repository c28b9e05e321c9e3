/** Which files somebody is writing at the moment. */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

/** Access modes among the flags of open(2): read-only is 0. */
const writeOnly = 0o1;
const readWrite = 0o2;

/**
 * Those of `files` that a process has open for writing. Linux alone tells (`/proc`, proc_pid_fdinfo(5)), and of one's own
 * processes only; elsewhere there are none.
 */
export async function openForWriting(files: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return [];
  const byPath = new Map<string, string>();
  for (const file of files) byPath.set(await realpath(file).catch(() => file), file);
  const open = new Set<string>();
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    await Promise.all(
      descriptors.map(async (descriptor) => {
        const path = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
        const file = byPath.get(path);
        if (file !== undefined && (await isForWriting(pid, descriptor))) open.add(file);
      }),
    );
  }
  return [...open];
}

async function isForWriting(pid: string, descriptor: string): Promise<boolean> {
  const info = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8').catch(() => '');
  const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(info) ?? [];
  return (Number.parseInt(flags, 8) & (writeOnly | readWrite)) !== 0;
}
