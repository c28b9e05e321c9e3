/** Sees to it that no program outlives this process, however this process ends, kill -9 included. */
import { type ChildProcess, fork } from 'node:child_process';
import { projectFile } from './project.ts';

const program = projectFile('runtime/end-with-parent.cjs');

let guard: ChildProcess | undefined;

/** From now on this process group ends when this process does. One process watches over all. */
export function guardGroup(pid: number): void {
  guard ??= startGuard();
  guard.send({ guard: pid });
}

/** This process group has ended by itself. */
export function releaseGroup(pid: number): void {
  guard?.send({ release: pid });
}

function startGuard(): ChildProcess {
  // A group of its own: Ctrl-C in the terminal must not end it before those that it watches over.
  const child = fork(program, { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.unref();
  child.channel?.unref();
  child.on('error', () => {});
  return child;
}
