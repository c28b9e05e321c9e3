/** One process of one version: started, watched, started again when it dies, and never left behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import getPort from 'get-port';
import { guardGroup, releaseGroup } from './guard.ts';
import type { Launch } from './launch.ts';
import { listeningPorts } from './listening-ports.ts';
import { isReady } from './readiness.ts';

/** What happened to a process, for whoever keeps the registry and whoever tells the user. */
export type ProcessChange =
  | { type: 'starting'; port: number }
  | { type: 'ready'; afterMs: number }
  /** Alive, but no longer ready. */
  | { type: 'unready' }
  /** Alive, and still not ready after a time in which it should be: why, in words, and whether waiting may help. */
  | { type: 'slow'; afterMs: number; why: string; mayCome: boolean }
  | { type: 'died'; reason: string; wasReady: boolean; retryInMs: number }
  /** Ended on purpose, to start anew. */
  | { type: 'restarting'; why: string }
  /** Ended on purpose, until somebody starts it. */
  | { type: 'halted' };

export interface VersionProcessOptions {
  launch: Launch;
  onChange: (change: ProcessChange) => void;
  /** A line that it wrote to stdout or stderr. */
  onOutput: (line: string) => void;
}

const startProbeMs = 20;
/** As often as a kubelet asks by default it would be 10 s; people who watch want it sooner. */
const readyProbeMs = 1_000;
/** Most are ready long before. */
const startingMs = 3_000;
const slowMs = 10_000;
const firstRetryMs = 250;
const longestRetryMs = 10_000;
/** What is started anew has so long to end by itself. */
const restartGraceMs = 2_000;

export class VersionProcess {
  readonly host = '127.0.0.1';
  /** The port of the process that runs now; 0 before the first. */
  port = 0;
  ready = false;
  readonly #options: VersionProcessOptions;
  #child: ChildProcess | undefined;
  readonly #stopping = new AbortController();
  #retryMs = firstRetryMs;
  /** Whether the process that runs now has ever been ready. A probe may miss a process before its end is told. */
  #wasReady = false;
  /** The process that runs now ends because it is to start anew. */
  #isRestarting = false;
  #isHalted = false;
  #addedEnv: Readonly<Record<string, string>> = {};

  constructor(options: VersionProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process; ready or dead is told by `onChange`. Never rejects. */
  async start(): Promise<void> {
    // Should somebody else be quicker, the process dies and gets another.
    const port = await getPort();
    if (this.#stopping.signal.aborted || this.#isHalted || this.#child) return;
    this.port = port;
    const { launch, onChange } = this.#options;
    const startedAt = performance.now();
    const child = spawn(launch.command, launch.args, {
      env: { ...launch.env, ...this.#addedEnv, PORT: String(port) },
      ...(launch.dir !== undefined && { cwd: launch.dir }),
      // A group of its own: Ctrl-C in the terminal reaches the parent alone, which then ends all in good order.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(launch.endsWithParent ? (['ipc'] as const) : [])],
    });
    if (!launch.endsWithParent && child.pid !== undefined) guardGroup(child.pid);
    this.#child = child;
    this.#wasReady = false;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', this.#options.onOutput);
    }
    child.once('error', (error) => void this.#failed(child, startedAt, error));
    // `close` rather than `exit`: by then its last words have been read.
    child.once('close', (code, signal) => {
      const notFound = launch.command === '/bin/sh' && code === 127 ? ' (command not found)' : '';
      this.#died(child, startedAt, signal ?? `exit code ${code}${notFound}`);
    });
    // A grandchild that keeps the pipes open must not outlive it.
    child.once('exit', () => signalGroup(child, 'SIGKILL'));
    onChange({ type: 'starting', port });
    void this.#probe(child, port, startedAt);
  }

  /**
   * Ends it, and starts it anew at once.
   * @param why for people: the file that changed
   * @param addedEnv what is added to its environment from now on
   */
  restart(why: string, addedEnv = this.#addedEnv): void {
    this.#addedEnv = addedEnv;
    const wasHalted = this.#isHalted;
    this.#isHalted = false;
    const child = this.#child;
    if (!child && wasHalted) void this.start();
    if (!child || this.#isRestarting) return;
    this.#isRestarting = true;
    this.#options.onChange({ type: 'restarting', why });
    void end(child, restartGraceMs);
  }

  /** Ends it, until it is started anew by {@link restart}. */
  halt(): void {
    if (this.#isHalted) return;
    this.#isHalted = true;
    this.ready = false;
    this.#options.onChange({ type: 'halted' });
    if (this.#child) void end(this.#child, restartGraceMs);
  }

  /** Asks it to end (SIGTERM), and ends it (SIGKILL) if it has not after `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child && isAlive(child)) await end(child, graceMs);
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping.abort();
    if (this.#child) signalGroup(this.#child, 'SIGKILL');
  }

  /** Looks as long as the process lives, and tells when it gets ready or no longer is. */
  async #probe(child: ChildProcess, port: number, startedAt: number): Promise<void> {
    const { signal } = this.#stopping;
    const { readyPath } = this.#options.launch;
    let toldSlow = false;
    while (isAlive(child) && !signal.aborted && !this.#isHalted) {
      const ready = await isReady(this.host, port, readyPath);
      if (!isAlive(child) || signal.aborted || this.#isHalted) return;
      const afterMs = performance.now() - startedAt;
      if (ready !== this.ready) {
        this.ready = ready;
        this.#wasReady ||= ready;
        this.#options.onChange(ready ? { type: 'ready', afterMs } : { type: 'unready' });
      } else if (!ready && !toldSlow && afterMs > startingMs) {
        const reason = await this.#whyNotReady(child, port, afterMs > slowMs);
        toldSlow = reason !== undefined;
        if (reason) this.#options.onChange({ type: 'slow', afterMs, ...reason });
      }
      const pauseMs = ready || afterMs > startingMs ? readyProbeMs : startProbeMs;
      await wait(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  /** @param late it should be ready by now; before, only what waiting cannot mend is a reason */
  async #whyNotReady(child: ChildProcess, port: number, late: boolean) {
    const { readyPath } = this.#options.launch;
    const ports = child.pid === undefined ? [] : await listeningPorts(child.pid);
    if (ports.length > 0 && !ports.includes(port))
      return {
        why: `it listens on ${ports.join(', ')}, not on ${port}, which its variable PORT names`,
        mayCome: false,
      };
    if (!late) return undefined;
    if (readyPath !== undefined) return { why: `its ${readyPath} does not answer 200`, mayCome: true };
    if (ports.includes(port))
      return { why: `it listens on port ${port}, but not at ${this.host}`, mayCome: false };
    return { why: `nothing listens on ${port}, which its variable PORT names`, mayCome: true };
  }

  async #failed(child: ChildProcess, startedAt: number, error: NodeJS.ErrnoException): Promise<void> {
    const { command, dir } = this.#options.launch;
    const isFolder =
      dir === undefined ||
      (await stat(dir).then(
        (it) => it.isDirectory(),
        () => false,
      ));
    if (!isFolder) this.#died(child, startedAt, `there is no folder ${dir}`);
    else if (error.code === 'ENOENT') this.#died(child, startedAt, `there is no command ${command}`);
    else this.#died(child, startedAt, error.message);
  }

  #died(child: ChildProcess, startedAt: number, reason: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (child.pid !== undefined && !this.#options.launch.endsWithParent) releaseGroup(child.pid);
    const wasReady = this.#wasReady;
    this.ready = false;
    if (this.#stopping.signal.aborted || this.#isHalted) return;
    if (this.#isRestarting) {
      this.#isRestarting = false;
      this.#retryMs = firstRetryMs;
      void this.start();
      return;
    }
    // One that ran well for a while starts afresh; one that dies again and again waits longer each time.
    if (wasReady && performance.now() - startedAt > longestRetryMs) this.#retryMs = firstRetryMs;
    const retryInMs = this.#retryMs;
    this.#retryMs = Math.min(2 * retryInMs, longestRetryMs);
    this.#options.onChange({ type: 'died', reason, wasReady, retryInMs });
    wait(retryInMs, undefined, { signal: this.#stopping.signal }).then(
      () => this.start(),
      () => {},
    );
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Asks a process and all that it started to end, and ends them after `graceMs`. Resolves when it is gone. */
async function end(child: ChildProcess, graceMs: number): Promise<void> {
  const closed = once(child, 'close');
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  await closed;
  clearTimeout(timer);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody of the group is left
  }
}
