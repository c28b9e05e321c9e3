/**
 * Hops as they come from running proxies, joined to requests. A proxy tells of a request when it has ended, so the
 * first hop of a request comes last: with it the request is whole.
 */
import type { Hop } from './hop.ts';
import { joinHops, mayBelong, type TracedRequest } from './join.ts';

export interface RequestsOptions {
  /** Whether this hop is the first of its request: it came from outside. */
  isFirst: (hop: Hop) => boolean;
  /** Told a second time where a hop with an id of its own turns out to belong to it. */
  onRequest: (request: TracedRequest) => void;
  /** Hops that wait for the first one of their request; more are let go, oldest first. Default 5,000. */
  maxWaiting?: number;
  /** After so many milliseconds without the first hop, those that are there go on by themselves. Default 5,000. */
  waitMs?: number;
}

const maxRecent = 2_000;

interface Waiting {
  hops: Hop[];
  /** When the last of them came. */
  at: number;
}

export class Requests {
  readonly #options: RequestsOptions;
  readonly #maxWaiting: number;
  readonly #waitMs: number;
  /** By request id, oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  /** Whole ones, in which a hop with an id of its own may belong; oldest first. */
  readonly #recent: { request: TracedRequest; at: number }[] = [];
  /** Hops that were let go because too many waited. */
  lost = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? 5_000;
    this.#waitMs = options.waitMs ?? 5_000;
  }

  /** @param now milliseconds, of any clock that {@link settle} is asked with too */
  add(hop: Hop, now: number): void {
    if (this.#options.isFirst(hop)) {
      const request = joinHops([...this.#take(hop.requestId), hop]);
      this.#recent.push({ request, at: now });
      if (this.#recent.length > maxRecent) this.#recent.shift();
      this.#options.onRequest(request);
      return;
    }
    const waiting = this.#waiting.get(hop.requestId) ?? { hops: [], at: now };
    this.#waiting.delete(hop.requestId);
    this.#waiting.set(hop.requestId, { hops: [...waiting.hops, hop], at: now });
    this.#count++;
    while (this.#count > this.#maxWaiting)
      this.lost += this.#take(this.#waiting.keys().next().value ?? '').length;
  }

  /** Lets go what waited long enough: into the request that it belongs to, or as one without its first hop. */
  settle(now: number): void {
    for (const [id, { at }] of this.#waiting) {
      if (now - at < this.#waitMs) break;
      const strays = this.#take(id);
      const home = this.#homeOf(strays[0] as Hop);
      this.#options.onRequest(home ? joinHops(home.hops, strays) : joinHops(strays));
    }
    // A stray comes before the request that it belongs to has ended.
    while (this.#recent[0] && now - this.#recent[0].at > 2 * this.#waitMs) this.#recent.shift();
  }

  #take(id: string): Hop[] {
    const hops = this.#waiting.get(id)?.hops ?? [];
    this.#waiting.delete(id);
    this.#count -= hops.length;
    return hops;
  }

  /** The request that this hop can only be of: its caller was being served then, and called nobody under that id. */
  #homeOf(stray: Hop): TracedRequest | undefined {
    const homes = this.#recent.filter(({ request }) => mayBelong(stray, request.hops));
    // Two at once: nobody can say which.
    return homes.length === 1 ? homes[0]?.request : undefined;
  }
}
