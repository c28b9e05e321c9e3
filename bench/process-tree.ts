/** What a process and all that it started have taken, as Linux tells in /proc; undefined where the system does not tell. */
import { readdir, readFile } from 'node:fs/promises';

/** sysconf(_SC_CLK_TCK): on Linux what it is in every program. */
const ticksPerSecond = 100;

/** Resident memory in MB, what they share counted once (Pss). */
export async function memoryOf(root: number): Promise<number | undefined> {
  let kB = 0;
  for (const { pid } of await processesBelow(root)) {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    kB += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return kB > 0 ? kB / 1000 : undefined;
}

/** Seconds of processor time, those of processes that have ended among them. */
export async function processorSecondsOf(root: number): Promise<number | undefined> {
  const processes = await processesBelow(root);
  if (processes.length === 0) return undefined;
  return processes.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
}

interface Process {
  pid: number;
  parent: number;
  ticks: number;
}

/** `root` and all below it. https://docs.kernel.org/filesystems/proc.html */
async function processesBelow(root: number): Promise<Process[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = new Map<number, Process>();
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) continue;
    // pid (name) state ppid …; the name may have blanks and brackets
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // utime, stime, and those of its children that have ended
    const ticks = fields.slice(11, 15).reduce((sum, one) => sum + one, 0);
    all.set(pid, { pid, parent: fields[1] ?? 0, ticks });
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isBelow(all.get(pid)?.parent));
  return [...all.values()].filter(({ pid }) => isBelow(pid));
}
