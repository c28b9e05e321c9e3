/** One process of one version: started, watched, started again when it dies, and never left behind. */

import { setTimeout as wait } from 'node:timers/promises';
import getPort from 'get-port';
import type { Launch } from './launch.ts';
import { Readiness } from './readiness.ts';
import type { Begin, Running } from './running.ts';
import { spawnProgram } from './spawned-program.ts';

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
  /** Default: in a process of its own. */
  begin?: Begin;
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
  #running: Running | undefined;
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
    return this.#running?.pid;
  }

  /** Other versions run in the same process, and end with it. */
  get isShared(): boolean {
    return this.#running?.isShared ?? false;
  }

  /** Starts the process; ready or dead is told by `onChange`. Never rejects. */
  async start(): Promise<void> {
    // Should somebody else be quicker, the process dies and gets another.
    const port = await getPort();
    if (this.#stopping.signal.aborted || this.#isHalted || this.#running) return;
    this.port = port;
    const { launch, begin = spawnProgram, onChange, onOutput } = this.#options;
    const startedAt = performance.now();
    const env = { ...launch.env, ...this.#addedEnv, PORT: String(port) };
    const running = begin(launch, env, {
      onOutput,
      onEnd: (reason) => this.#died(running, startedAt, reason),
    });
    this.#running = running;
    this.#wasReady = false;
    onChange({ type: 'starting', port });
    void running.begun.then(() => this.#probe(running, port, startedAt));
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
    const running = this.#running;
    if (!running && wasHalted) void this.start();
    if (!running || this.#isRestarting) return;
    this.#isRestarting = true;
    this.#options.onChange({ type: 'restarting', why });
    void running.end(restartGraceMs);
  }

  /** Ends it, until it is started anew by {@link restart}. */
  halt(): void {
    if (this.#isHalted) return;
    this.#isHalted = true;
    this.ready = false;
    this.#options.onChange({ type: 'halted' });
    void this.#running?.end(restartGraceMs);
  }

  /** Asks it to end (SIGTERM), and ends it (SIGKILL) if it has not after `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#running?.end(graceMs);
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping.abort();
    this.#running?.kill();
  }

  /** Looks as long as the process lives, and tells when it gets ready or no longer is. */
  async #probe(running: Running, port: number, startedAt: number): Promise<void> {
    const { signal } = this.#stopping;
    const { readyPath } = this.#options.launch;
    const readiness = new Readiness();
    let toldSlow = false;
    while (running.isAlive() && !signal.aborted && !this.#isHalted) {
      const ready = await readiness.look(this.host, port, readyPath);
      if (!running.isAlive() || signal.aborted || this.#isHalted) return;
      const afterMs = performance.now() - startedAt;
      if (ready !== this.ready) {
        this.ready = ready;
        this.#wasReady ||= ready;
        this.#options.onChange(ready ? { type: 'ready', afterMs } : { type: 'unready' });
      } else if (!ready && !toldSlow && afterMs > startingMs) {
        const reason = await this.#whyNotReady(running, port, afterMs > slowMs);
        toldSlow = reason !== undefined;
        if (reason) this.#options.onChange({ type: 'slow', afterMs, ...reason });
      }
      const pauseMs = ready || afterMs > startingMs ? readyProbeMs : startProbeMs;
      await wait(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  /** @param late it should be ready by now; before, only what waiting cannot mend is a reason */
  async #whyNotReady(running: Running, port: number, late: boolean) {
    const { readyPath } = this.#options.launch;
    const ports = await running.ports();
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

  #died(running: Running, startedAt: number, reason: string): void {
    if (running !== this.#running) return;
    this.#running = undefined;
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
