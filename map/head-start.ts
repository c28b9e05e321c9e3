/** A browser that opens the page at once, and what else there is to do for the processor. */
import { setTimeout as wait } from 'node:timers/promises';

/** Who opens it later has other things to look at by then. */
const askedWithinMs = 150;
/** A browser that takes longer does not keep the rest waiting. */
const drawnWithinMs = 700;

export class HeadStart {
  readonly #asked = Promise.withResolvers<void>();
  readonly #drawn = Promise.withResolvers<void>();

  /** A browser has asked for the page. */
  askedFor(): void {
    this.#asked.resolve();
  }

  /** Its first picture is there. */
  drawn(): void {
    this.#drawn.resolve();
  }

  /** Resolves when it is drawn, or will not be soon. */
  async over(): Promise<void> {
    const isAsked = await Promise.race([this.#asked.promise.then(() => true), wait(askedWithinMs, false)]);
    if (isAsked) await Promise.race([this.#drawn.promise, wait(drawnWithinMs)]);
  }
}
