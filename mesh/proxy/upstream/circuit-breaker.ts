/**
 * The limits of connectionPool: how much of a cluster one proxy may use at a time.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking
 */
import type { ConnectionPool } from '../../rules/model.ts';

/** `go`: send it; `wait`: all connections are taken, `onTurn` will be called; `overflow`: answer 503. */
export type Admission = 'go' | 'wait' | 'overflow';

/** Counts what is under way in one cluster. With HTTP/1.1 a request under way is a connection in use. */
export class CircuitBreaker {
  readonly #maxConnections: number;
  readonly #maxPending: number;
  readonly #maxRequests: number;
  readonly #maxRetries: number;
  #connections = 0;
  #connecting = 0;
  #retries = 0;
  readonly #queue: (() => void)[] = [];

  constructor(limits: ConnectionPool) {
    // Istio reads 0 as "not set", and sets no limit then (2^32 - 1).
    this.#maxConnections = limits.maxConnections || Number.POSITIVE_INFINITY;
    this.#maxPending = limits.http1MaxPendingRequests || Number.POSITIVE_INFINITY;
    this.#maxRequests = limits.http2MaxRequests || Number.POSITIVE_INFINITY;
    this.#maxRetries = limits.maxRetries || Number.POSITIVE_INFINITY;
  }

  /**
   * Asks for a connection. Each `go` and each call of `onTurn` is paid back with one {@link leave}.
   * @param idle whether a connection stands ready; else the request is pending until {@link connected}.
   */
  enter(idle: boolean, onTurn: () => void): Admission {
    const free = this.#connections < this.#maxConnections;
    if (free && this.#connections >= this.#maxRequests) return 'overflow';
    if (free && idle) {
      this.#connections++;
      return 'go';
    }
    if (this.#connecting + this.#queue.length >= this.#maxPending) return 'overflow';
    if (!free) {
      this.#queue.push(onTurn);
      return 'wait';
    }
    this.#connections++;
    this.#connecting++;
    return 'go';
  }

  /** A request that had no idle connection has one now, or failed to get one. */
  connected(): void {
    this.#connecting--;
  }

  /** A request is over; its connection goes to the one that waits longest. */
  leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#connections--;
  }

  /** Takes a request that waits out of the queue, because its client left or its time ran out. */
  forget(onTurn: () => void): void {
    const place = this.#queue.indexOf(onTurn);
    if (place !== -1) this.#queue.splice(place, 1);
  }

  /** Whether one more retry may be under way; if so, pay back with {@link retryEnded}. */
  retry(): boolean {
    if (this.#retries >= this.#maxRetries) return false;
    this.#retries++;
    return true;
  }

  retryEnded(): void {
    this.#retries--;
  }
}
