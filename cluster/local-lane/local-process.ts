/** The process on this computer that is the version: started with what it types and says as it is, ended with all it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ProcessState, processState } from '../../relay/computer/index.ts';
import { Failure } from '../../runtime/failure.ts';
import { guardGroup, releaseGroup } from '../../runtime/guard.ts';

const graceMs = 10_000;

export class LocalProcess {
  readonly #child: ChildProcess;
  /** Its exit code, or 128 and the number of the signal, as shells say it. */
  readonly ended: Promise<number>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        // What it has started may go on without it.
        this.#signal('SIGTERM');
        if (child.pid !== undefined) releaseGroup(child.pid);
        resolve(code ?? 128 + (signal ? system.signals[signal] : 0));
      });
    });
  }

  /** @throws Failure where there is no such command */
  static async start([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<LocalProcess> {
    // A group of its own: Ctrl-C in the terminal must not end it before its route has gone.
    const child = spawn(file, args, { env, stdio: 'inherit', detached: true });
    const local = new LocalProcess(child);
    try {
      await once(child, 'spawn');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Failure(code === 'ENOENT' ? `There is no command ${file}.` : `${file}: ${message}`, 2);
    }
    if (child.pid !== undefined) guardGroup(child.pid);
    return local;
  }

  get #isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async state(): Promise<ProcessState> {
    if (!this.#isAlive || this.#child.pid === undefined) return 'gone';
    return processState(this.#child.pid);
  }

  /** With all that it started; what has not ended after a while is killed. */
  async end(): Promise<void> {
    if (!this.#isAlive) return;
    this.#signal('SIGTERM');
    this.#signal('SIGCONT');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // nobody of the group is left
    }
  }
}

/** @throws Failure where the PATH has no such program; one with a path is found, or not, when it is started */
export async function refuseUnknownProgram([file]: readonly string[]): Promise<void> {
  if (file === undefined || file.includes('/')) return;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.map((folder) => access(join(folder, file), constants.X_OK));
  await Promise.any(found).catch(() => {
    throw new Failure(`There is no command ${file}.`, 2);
  });
}

/** @throws Failure where something listens there already, on any address of this computer */
export async function refuseBusyPort(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const server = createServer().listen({ port, host, exclusive: true });
    try {
      await once(server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') continue; // no IPv6 here
      const why = code === 'EACCES' ? 'may not be used by you' : 'is in use';
      throw new Failure(
        `Port ${port} of this computer ${why}. Another one for the process: --port NUMBER (it is told PORT). If it is the version that runs there already, leave out the command after --.`,
        2,
      );
    }
    server.close();
    await once(server, 'close');
  }
}
