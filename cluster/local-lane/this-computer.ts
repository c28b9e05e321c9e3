/** This computer's side of a lane: its link to the relay, and the process, which is started when that is up. */
import type { ComputerState } from '../../relay/computer/index.ts';
import { Failure } from '../../runtime/failure.ts';
import type { Cluster } from '../cluster.ts';
import { assignments } from '../shell.ts';
import type { BaselineFacts } from './baseline.ts';
import { Link } from './link.ts';
import { LocalProcess } from './local-process.ts';
import { type LocalLaneOptions, processEnvironment } from './options.ts';
import type { OwnRelay } from './own-relay.ts';

export interface ThisComputerOptions {
  lane: LocalLaneOptions;
  /** Asks on until the very end. */
  cluster: Cluster;
  relay: OwnRelay;
  /** The relay has ended without its computer, which is back: makes another one. */
  restore: () => Promise<void>;
  /** Somebody has taken the lane away. */
  onTaken: () => void;
}

export class ThisComputer {
  readonly #options: ThisComputerOptions;
  #link: Link | undefined;
  #process: LocalProcess | undefined;
  /** Changes are worth a line. */
  #isServing = false;
  /** As it was said last. */
  #wasReady = true;

  constructor(options: ThisComputerOptions) {
    this.#options = options;
  }

  /** Connects, then starts the process, or says how. @throws Failure */
  async start(baseline: BaselineFacts): Promise<void> {
    const { lane } = this.#options;
    const { command, forwards, proxyAll } = lane;
    const link = await this.#connect(baseline.readyPath);
    const onFailure = (why: string) => this.#say(why);
    const proxy = await link.openOutward({ forwards, proxyAll, onFailure });
    if (command.length === 0) {
      // Without the baseline's: there may be secrets in it.
      this.#say(`start the process yourself: ${assignments(processEnvironment(lane, {}, proxy))} …`);
      return;
    }
    const env = processEnvironment(lane, baseline.env, proxy);
    this.#process = await LocalProcess.start(command, { ...process.env, ...env });
  }

  /** Until the relay takes requests for it. @throws Failure where the process ends before */
  async untilReady(): Promise<void> {
    const { signal, target } = this.#options.lane;
    const ended = this.ended?.then((code) => {
      throw new Failure(`The process ended before it was ready, with exit code ${code}.`);
    });
    const over = new AbortController();
    const asking = AbortSignal.any([signal, over.signal]);
    const ready = this.#link?.until((state) => state.ready, target.timeoutSeconds, asking);
    await Promise.race([ready, ...(ended ? [ended] : [])]).finally(() => over.abort());
  }

  /** The exit code of the process; undefined: it was not started here. */
  get ended(): Promise<number> | undefined {
    return this.#process?.ended;
  }

  /** From now on it is said when the baseline serves in its place. */
  set isServing(is: boolean) {
    this.#isServing = is;
  }

  async close(): Promise<void> {
    try {
      await this.#link?.close();
    } finally {
      await this.#process?.end();
    }
  }

  /** At once. */
  kill(): void {
    this.#process?.kill();
    this.#link?.kill();
  }

  /** Until the relay has accepted this computer. */
  async #connect(readyPath: string | undefined): Promise<Link> {
    const { cluster, lane, onTaken, relay, restore } = this.#options;
    const { hangMs, port, signal, target } = lane;
    const link = new Link({
      ...{ cluster, onTaken, restore },
      relay: relay.name,
      privateKey: relay.privateKey,
      local: { host: 'localhost', port },
      ...(readyPath !== undefined && { readyPath }),
      ...(hangMs !== undefined && { hangMs }),
      processState: async () => (this.#process ? this.#process.state() : 'running'),
      onState: (state) => this.#tell(state),
    });
    this.#link = link;
    await link.until(({ connected }) => connected, target.timeoutSeconds, signal);
    return link;
  }

  #tell({ ready, why }: ComputerState): void {
    const { isRouted, signal } = this.#options.lane;
    if (!this.#isServing || signal.aborted || !isRouted || ready === this.#wasReady) return;
    this.#wasReady = ready;
    this.#say(ready ? 'this computer again' : `the baseline serves it: ${why}`);
  }

  #say(what: string): void {
    const { say, target } = this.#options.lane;
    say(`${target.service.name} ${target.version}: ${what}`);
  }
}
