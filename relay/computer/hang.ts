/** Whether a program hangs: somebody waits for its answer, and it has answered nobody for too long. */
import type { AnswerWatch } from '../stream/answer-watch.ts';

export class Hang {
  readonly #limitMs: number;
  readonly #now: () => number;
  /** Who waits, and since when. */
  readonly #waits = new Map<AnswerWatch, number>();
  #answeredAt = Number.NEGATIVE_INFINITY;

  /**
   * @param limitMs Infinity: it never counts as hanging
   * @param now in ms, of a clock that only goes on
   */
  constructor(limitMs: number, now: () => number = () => performance.now()) {
    this.#limitMs = limitMs;
    this.#now = now;
  }

  /** While a request of HTTP/1 still comes, nobody waits yet. On HTTP/2 others may ask on. */
  asked(connection: AnswerWatch): void {
    if (!connection.awaits || (connection.isHttp2 && this.#waits.has(connection))) return;
    this.#waits.set(connection, this.#now());
  }

  /** An answer to anybody says that it does not hang: one slow request does not take the others away. */
  answered(connection: AnswerWatch): void {
    this.#answeredAt = this.#now();
    if (!connection.awaits) this.#waits.delete(connection);
  }

  closed(connection: AnswerWatch): void {
    this.#waits.delete(connection);
  }

  get hangs(): boolean {
    if (this.#waits.size === 0) return false;
    const oldest = Math.min(...this.#waits.values());
    return this.#now() - Math.max(oldest, this.#answeredAt) > this.#limitMs;
  }
}
