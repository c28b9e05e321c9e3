/**
 * Hops as they come from running proxies, joined to requests. A proxy tells of a request when it has ended, so the
 * first hop of a request comes last: with it the request is whole. Where proxies write into logs of their own, one after
 * the other, that is so after a while only.
 */
import { isSame, type LoggedHop, partyName } from './hop.ts';
import { belonging, joinHops, type TracedRequest } from './join.ts';

export interface RequestsOptions {
  /** Whether this hop is the first of its request: it came from outside. */
  isFirst: (hop: LoggedHop) => boolean;
  /**
   * Told a second time where a hop with an id of its own turns out to belong to it.
   * @param before what was told of it the first time
   */
  onRequest: (request: TracedRequest, before?: TracedRequest) => void;
  /** Hops that wait for the first one of their request; more are let go, oldest first. Default 5,000. */
  maxWaiting?: number;
  /** After so many milliseconds without the first hop, those that are there go on by themselves. Default 5,000. */
  waitMs?: number;
  /** Others may come so many milliseconds after the first hop; default 0: it is the last. */
  lagMs?: number;
}

const maxRecent = 2_000;

/** Hops with one id, and those with others that belong to them. */
interface Group {
  hops: LoggedHop[];
  strays: LoggedHop[];
  hasFirst: boolean;
  /** When the last of them came. */
  at: number;
}

interface Told extends Group {
  request: TracedRequest;
}

/** Groups by whom they saw served: only there the caller of a hop with an id of its own can have been. */
class Homes {
  readonly #byParty = new Map<string, Set<Group>>();

  add(group: Group, { to }: LoggedHop): void {
    if (!to) return;
    const key = to.instance ?? partyName(to);
    const groups = this.#byParty.get(key);
    if (groups) groups.add(group);
    else this.#byParty.set(key, new Set([group]));
  }

  delete(group: Group): void {
    for (const { to } of hopsOf(group))
      if (to) this.#byParty.get(to.instance ?? partyName(to))?.delete(group);
  }

  of({ from }: LoggedHop): Group[] {
    const keys = new Set([from.instance ?? partyName(from), partyName(from)]);
    return [...keys].flatMap((key) => [...(this.#byParty.get(key) ?? [])]);
  }
}

export class Requests {
  readonly #options: Required<RequestsOptions>;
  /** By request id, oldest first. */
  readonly #waiting = new Map<string, Group>();
  #count = 0;
  /** Whole ones, in which a hop with an id of its own may belong; oldest first. */
  readonly #recent: Told[] = [];
  readonly #homes = new Homes();
  /** Hops that were let go because too many waited. */
  lost = 0;

  constructor(options: RequestsOptions) {
    this.#options = { maxWaiting: 5_000, waitMs: 5_000, lagMs: 0, ...options };
  }

  /** @param now milliseconds, of any clock that {@link settle} is asked with too */
  add(hop: LoggedHop, now: number): void {
    const { isFirst, lagMs, maxWaiting } = this.#options;
    const group = this.#waiting.get(hop.requestId) ?? { hops: [], strays: [], hasFirst: false, at: now };
    this.#waiting.delete(hop.requestId);
    group.hops.push(hop);
    this.#homes.add(group, hop);
    group.hasFirst ||= isFirst(hop);
    group.at = now;
    if (group.hasFirst && lagMs === 0) {
      this.#count -= group.hops.length - 1;
      this.#tell(group);
      return;
    }
    this.#waiting.set(hop.requestId, group);
    this.#count++;
    while (this.#count > maxWaiting) this.#lose();
  }

  /** Lets go what waited long enough: into the request that it belongs to, or as one without its first hop. */
  settle(now: number): void {
    const { waitMs, lagMs } = this.#options;
    for (const [id, group] of this.#waiting) {
      if (now - group.at < Math.min(waitMs, lagMs || waitMs)) break;
      if (!group.hasFirst && now - group.at < waitMs) continue;
      this.#take(id);
      if (group.hasFirst) this.#tell(group);
      else {
        this.#homes.delete(group);
        this.#bringHome(group);
      }
    }
    // A stray comes before the request that it belongs to has ended.
    while (this.#recent[0] && now - this.#recent[0].at > 2 * waitMs) this.#forgetOldest();
  }

  #take(id: string): LoggedHop[] {
    const hops = this.#waiting.get(id)?.hops ?? [];
    this.#waiting.delete(id);
    this.#count -= hops.length;
    return hops;
  }

  #lose(): void {
    const [id, group] = this.#waiting.entries().next().value ?? [];
    if (id === undefined || !group) return;
    this.#homes.delete(group);
    this.lost += this.#take(id).length;
  }

  #forgetOldest(): void {
    const oldest = this.#recent.shift();
    if (oldest) this.#homes.delete(oldest);
  }

  #tell(group: Group): void {
    const told = Object.assign(group, { request: joinHops(group.hops, group.strays) });
    this.#recent.push(told);
    if (this.#recent.length > maxRecent) this.#forgetOldest();
    this.#options.onRequest(told.request);
  }

  /** Into the request that these can only be of: their caller was being served then, and called nobody under that id. */
  #bringHome(group: Group): void {
    const all = hopsOf(group);
    const [root] = rootsOf(group.hops);
    const homes = root
      ? Map.groupBy(this.#homes.of(root), (group) => belonging(root, hopsOf(group)))
      : undefined;
    const [home, other] = homes?.get('within') ?? homes?.get('begun-within') ?? [];
    // Two at once: nobody can say which.
    if (!home || other) {
      this.#options.onRequest(joinHops(group.hops, group.strays));
      return;
    }
    home.strays.push(...all);
    for (const hop of all) this.#homes.add(home, hop);
    if (isTold(home)) {
      const before = home.request;
      home.request = joinHops(home.hops, home.strays);
      this.#options.onRequest(home.request, before);
    }
  }
}

function hopsOf({ hops, strays }: Group): LoggedHop[] {
  return [...hops, ...strays];
}

function isTold(group: Group): group is Told {
  return 'request' in group;
}

/** Those whose caller nobody called under this id. */
function rootsOf(hops: readonly LoggedHop[]): LoggedHop[] {
  return hops.filter(({ from }) => !hops.some(({ to }) => to !== undefined && isSame(to, from)));
}

/** All requests that these hops are of, where nothing more will come. */
export function requestsOf(
  hops: readonly LoggedHop[],
  isFirst: (hop: LoggedHop) => boolean,
): TracedRequest[] {
  const found = new Set<TracedRequest>();
  const requests = new Requests({
    isFirst,
    onRequest: (request, before) => {
      if (before) found.delete(before);
      found.add(request);
    },
    maxWaiting: hops.length,
    waitMs: 1,
    lagMs: 2,
  });
  // Inner calls end first; what of them has an id of its own finds its way home from the inside.
  for (const hop of [...hops].sort((a, b) => endOf(a) - endOf(b))) requests.add(hop, 0);
  requests.settle(1);
  requests.settle(2);
  return [...found];
}

function endOf({ startedAt, durationMs }: LoggedHop): number {
  return startedAt + durationMs;
}
