/** One process of one version: started, watched, started again when it dies, and never left behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';

/** What happened to a process, for whoever keeps the registry and whoever tells the user. */
export type ProcessChange =
  | { type: 'starting'; port: number }
  | { type: 'ready'; afterMs: number }
  /** Alive, but /readyz no longer answers 200. */
  | { type: 'unready' }
  /** Alive, and still not ready after a time in which it should be. */
  | { type: 'slow'; afterMs: number }
  | { type: 'died'; reason: string; wasReady: boolean; retryInMs: number };

export interface VersionProcessOptions {
  /** Path of the program, which listens on the env PORT and answers /readyz. */
  program: string;
  env: Readonly<Record<string, string>>;
  onChange: (change: ProcessChange) => void;
  /** A line that it wrote to stdout or stderr. */
  onOutput: (line: string) => void;
}

const preload = fileURLToPath(new URL('../runtime/exit-with-parent.cjs', import.meta.url));

const startProbeMs = 20;
/** As often as a kubelet asks by default it would be 10 s; people who watch want it sooner. */
const readyProbeMs = 1_000;
/** Most are ready long before. */
const startingMs = 3_000;
const slowMs = 10_000;
const firstRetryMs = 250;
const longestRetryMs = 10_000;

export class VersionProcess {
  /** The port of the process that runs now; 0 before the first. */
  port = 0;
  ready = false;
  readonly #options: VersionProcessOptions;
  #child: ChildProcess | undefined;
  readonly #stopping = new AbortController();
  #retryMs = firstRetryMs;
  /** Whether the process that runs now has ever been ready. A probe may miss a process before its end is told. */
  #wasReady = false;

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
    if (this.#stopping.signal.aborted) return;
    this.port = port;
    const { program, env, onChange } = this.#options;
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--require', preload, program], {
      env: { ...env, PORT: String(port) },
      // A group of its own: Ctrl-C in the terminal reaches the parent alone, which then ends all in good order.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#wasReady = false;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', this.#options.onOutput);
    }
    child.once('error', (error) => this.#died(child, startedAt, error.message));
    // `close` rather than `exit`: by then its last words have been read.
    child.once('close', (code, signal) => this.#died(child, startedAt, signal ?? `exit code ${code}`));
    onChange({ type: 'starting', port });
    void this.#probe(child, port, startedAt);
  }

  /** Asks it to end (SIGTERM), and ends it (SIGKILL) if it has not after `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (!child || !isAlive(child)) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await closed;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  /** Asks /readyz as long as the process lives, and tells when the answer changes. */
  async #probe(child: ChildProcess, port: number, startedAt: number): Promise<void> {
    const { signal } = this.#stopping;
    let toldSlow = false;
    while (isAlive(child) && !signal.aborted) {
      const ready = await isReady(port);
      if (!isAlive(child) || signal.aborted) return;
      const afterMs = performance.now() - startedAt;
      if (ready !== this.ready) {
        this.ready = ready;
        this.#wasReady ||= ready;
        this.#options.onChange(ready ? { type: 'ready', afterMs } : { type: 'unready' });
      } else if (!ready && !toldSlow && afterMs > slowMs) {
        toldSlow = true;
        this.#options.onChange({ type: 'slow', afterMs });
      }
      const pauseMs = ready || afterMs > startingMs ? readyProbeMs : startProbeMs;
      await wait(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  #died(child: ChildProcess, startedAt: number, reason: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    const wasReady = this.#wasReady;
    this.ready = false;
    if (this.#stopping.signal.aborted) return;
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

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/readyz', agent: false, timeout: 1_000 },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
