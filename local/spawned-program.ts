/** A version in a process of its own, with all that this one starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { guardGroup, releaseGroup } from '../runtime/guard.ts';
import type { Launch } from './launch.ts';
import { listeningPorts } from './listening-ports.ts';
import { readLines } from './output-lines.ts';
import type { Begin, Running } from './running.ts';

/** Written before its end, read by then. */
const lastWordsMs = 500;

export const spawnProgram: Begin = (launch, env, { onOutput, onEnd }) => {
  const child = spawn(launch.command, launch.args, {
    env,
    ...(launch.dir !== undefined && { cwd: launch.dir }),
    // A group of its own: Ctrl-C in the terminal reaches the parent alone, which then ends all in good order.
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(launch.endsWithParent ? (['ipc'] as const) : [])],
  });
  const { pid } = child;
  if (!launch.endsWithParent && pid !== undefined) guardGroup(pid);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) readLines(stream, onOutput);
  }
  let hasEnded = false;
  const ended = (reason: string) => {
    if (hasEnded) return;
    hasEnded = true;
    if (!launch.endsWithParent && pid !== undefined) releaseGroup(pid);
    onEnd(reason);
  };
  child.once('error', async (error) => ended(await whyNotStarted(launch, error)));
  // `close` rather than `exit`: by then its last words have been read.
  child.once('close', (code, signal) => {
    const notFound = launch.command === '/bin/sh' && code === 127 ? ' (command not found)' : '';
    // Without a pid it never began: `error` says why.
    if (pid !== undefined) ended(signal ?? `exit code ${code}${notFound}`);
  });
  child.once('exit', () => {
    // A grandchild that keeps the pipes open must not outlive it.
    signalGroup(child, 'SIGKILL');
    // One that left the group (a daemon, by setsid) lives on, but nobody waits for what it says.
    const timer = setTimeout(() => closePipes(child), lastWordsMs);
    child.once('close', () => clearTimeout(timer));
  });
  return new SpawnedProgram(child);
};

class SpawnedProgram implements Running {
  readonly isShared = false;
  readonly begun = Promise.resolve();
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  isAlive(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  async ports(): Promise<readonly number[]> {
    return this.pid === undefined ? [] : listeningPorts(this.pid);
  }

  /** With all that it started. */
  async end(graceMs: number): Promise<void> {
    if (!this.isAlive()) return;
    const closed = once(this.#child, 'close');
    signalGroup(this.#child, 'SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  kill(): void {
    signalGroup(this.#child, 'SIGKILL');
  }
}

async function whyNotStarted({ command, dir }: Launch, error: NodeJS.ErrnoException): Promise<string> {
  const isFolder =
    dir === undefined ||
    (await stat(dir).then(
      (it) => it.isDirectory(),
      () => false,
    ));
  if (!isFolder) return `there is no folder ${dir}`;
  if (error.code === 'ENOENT') return `there is no command ${command}`;
  if (error.code === 'EACCES') return `${command} may not be run: it is a folder, or lacks chmod +x`;
  return error.message;
}

function closePipes({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy();
  stderr?.destroy();
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody of the group is left
  }
}
