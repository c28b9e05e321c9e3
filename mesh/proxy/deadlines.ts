/** The two clocks of a request: for all of it, and for the try under way. Envoy starts them when it has all come in. */
import { timerMs } from './timer.ts';

interface Limits {
  timeoutMs: number | undefined;
  perTryTimeoutMs: number | undefined;
}

interface Events {
  onTimeout(): void;
  onTryTimeout(): void;
}

export class Deadlines {
  readonly #limits: Limits;
  readonly #events: Events;
  /** By the performance clock. */
  #receivedAt: number | undefined;
  #isTrying = false;
  #timer: NodeJS.Timeout | undefined;
  #tryTimer: NodeJS.Timeout | undefined;

  /** @param events are not told after {@link stop}. */
  constructor(limits: Limits, events: Events) {
    this.#limits = limits;
    this.#events = events;
  }

  /** The client has sent all of its request. */
  received(): void {
    if (this.#receivedAt !== undefined) return;
    this.#receivedAt = performance.now();
    const { timeoutMs } = this.#limits;
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#events.onTimeout(), timerMs(timeoutMs));
    if (this.#isTrying) this.#startTry();
  }

  /** Since the request had come in; 0 where an upstream answers before. */
  get elapsedMs(): number {
    return this.#receivedAt === undefined ? 0 : performance.now() - this.#receivedAt;
  }

  tryBegins(): void {
    this.#isTrying = true;
    if (this.#receivedAt !== undefined) this.#startTry();
  }

  /** It has the head of an answer, or has failed. */
  tryEnds(): void {
    this.#isTrying = false;
    clearTimeout(this.#tryTimer);
  }

  stop(): void {
    this.tryEnds();
    clearTimeout(this.#timer);
  }

  #startTry(): void {
    const { perTryTimeoutMs } = this.#limits;
    if (!perTryTimeoutMs) return;
    this.#tryTimer = setTimeout(() => this.#events.onTryTimeout(), timerMs(perTryTimeoutMs));
  }
}
