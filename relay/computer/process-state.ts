/** What the system says of a process: whether it runs, is stopped (SIGSTOP, Ctrl-Z), or is gone. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessState } from './local-program.ts';

/** A launcher (npm, a shell) starts the program as its child. */
const mostProcesses = 50;

/**
 * Looks at a process and at those that it has started: one that is stopped stops the program. A process that a debugger
 * holds (state `t`) is not stopped: how long that may take is the user's to say.
 */
export async function processState(pid: number): Promise<ProcessState> {
  const state = await stateOf(pid);
  if (state === undefined || state === 'Z') return 'gone';
  const all = [state, ...(await Promise.all((await descendants(pid)).map(stateOf)))];
  return all.includes('T') ? 'stopped' : 'running';
}

/** The letter of its state (proc(5), ps(1)); undefined where it is gone. */
async function stateOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // the name stands in parentheses, and may hold some itself
    return /^.*\) (\S)/s.exec(stat)?.[1];
  }
  const ps = promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]);
  return ps.then(
    ({ stdout }) => stdout.trim()[0],
    () => undefined,
  );
}

/** Empty where the system does not tell (no Linux, or one without /proc/PID/task/TID/children). */
async function descendants(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (let next: number[] = [pid]; next.length > 0 && found.length < mostProcesses; ) {
    const children = await Promise.all(next.map(childrenOf));
    next = children.flat();
    found.push(...next);
  }
  return found;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
