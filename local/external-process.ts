/** A version that somebody else runs, in a debugger say: only looked at. */
import { setTimeout as wait } from 'node:timers/promises';
import { Readiness } from './readiness.ts';
import type { ProcessChange } from './version-process.ts';

const probeMs = 1_000;
/** Who has it running already sees it at once; who has to start it first is told where. */
const slowMs = 2_000;

export class ExternalProcess {
  readonly host: string;
  readonly port: number;
  readonly pid = undefined;
  readonly isShared = false;
  ready = false;
  readonly #onChange: (change: ProcessChange) => void;
  readonly #stopping = new AbortController();

  constructor(at: { host: string; port: number }, onChange: (change: ProcessChange) => void) {
    this.host = at.host;
    this.port = at.port;
    this.#onChange = onChange;
  }

  async start(): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    const startedAt = performance.now();
    const readiness = new Readiness();
    let toldSlow = false;
    this.#onChange({ type: 'starting', port: this.port });
    while (!signal.aborted) {
      const ready = await readiness.look(this.host, this.port, undefined);
      if (signal.aborted) return;
      const afterMs = performance.now() - startedAt;
      if (ready !== this.ready) {
        this.ready = ready;
        this.#onChange(ready ? { type: 'ready', afterMs } : { type: 'unready' });
      } else if (!ready && !toldSlow && afterMs > slowMs) {
        toldSlow = true;
        this.#onChange({
          type: 'slow',
          afterMs,
          why: `nothing listens at ${this.host}:${this.port} yet`,
          mayCome: false,
        });
      }
      await wait(probeMs, undefined, { signal }).catch(() => {});
    }
  }

  /** It is not ours to start. */
  restart(): void {}

  async stop(): Promise<void> {
    this.#stopping.abort();
  }

  kill(): void {
    this.#stopping.abort();
  }
}
