/** From hops to whole requests: which hop followed which, and where a colour or a request id got lost. */
import { noColor } from '../carry/color.ts';
import { arrivedColor, isSame, type LoggedHop, type Party, type Seen, sentColor } from './hop.ts';
import { mergeViews } from './views.ts';

/** A hop in its request: where it stands in the order of calls. */
export interface TracedHop extends LoggedHop {
  /** Index in the request's hops of the hop that led to this one; absent at the first. */
  parent?: number;
}

/** What a service did to a colour that it should have carried on. */
export interface Loss {
  /** Who lost it. */
  by: Party;
  /** `request-id`: it began a new one; the hop was found by time and place. */
  what: 'dropped' | 'changed' | 'request-id';
  /** What came in, and what went out; without `-` for none. */
  cameIn?: string;
  wentOut?: string;
  /** Index of the hop that went out. */
  hop: number;
}

export interface TracedRequest {
  id: string;
  /** In the order of calls: the first came from outside, each other one stands behind the hop that led to it. */
  hops: readonly TracedHop[];
  losses: readonly Loss[];
}

/**
 * Joins the hops of one request.
 * @param hops all with one request id, in any order, as one or both proxies of each told of them; at least one
 * @param strays hops with other ids that belong to it: a caller in it made them while it was being served
 */
export function joinHops(hops: readonly LoggedHop[], strays: readonly LoggedHop[] = []): TracedRequest {
  const strayGroups = Map.groupBy(strays, ({ requestId }) => requestId).values();
  const merged = [...mergeViews(hops), ...[...strayGroups].flatMap(mergeViews)];
  const traced = inOrderOfCalls(merged);
  return { id: (hops[0] as LoggedHop).requestId, hops: traced, losses: lossesIn(traced) };
}

/** Each hop behind the one that led to it; clocks of different proxies may say otherwise. */
function inOrderOfCalls(hops: readonly LoggedHop[]): TracedHop[] {
  const byTime = [...hops].sort((a, b) => a.startedAt - b.startedAt || b.durationMs - a.durationMs);
  const children = Map.groupBy(byTime, (hop) => parentOf(hop, byTime));
  const traced: TracedHop[] = [];
  const done = new Set<LoggedHop>();
  const visit = (hop: LoggedHop, parent: number | undefined) => {
    if (done.has(hop)) return;
    done.add(hop);
    const index = traced.push(parent === undefined ? hop : { ...hop, parent }) - 1;
    for (const next of children.get(hop) ?? []) visit(next, index);
  };
  for (const hop of children.get(undefined) ?? []) visit(hop, undefined);
  // Where times are the same, a service that calls itself may look like its own caller.
  for (const hop of byTime) visit(hop, undefined);
  return traced;
}

/** The hop that was served by the caller of this one; of several the last that began before it, with its id first. */
function parentOf(hop: LoggedHop, byTime: readonly LoggedHop[]): LoggedHop | undefined {
  const served = byTime.filter(
    (other) => other !== hop && other.to !== undefined && isSame(other.to, hop.from),
  );
  const marked = served.filter(({ requestId }) => requestId === hop.requestId);
  const candidates = marked.length > 0 ? marked : served;
  const before = candidates.filter((other) => spanOf(other).startedAt <= hop.startedAt);
  // Of calls at the same time the one that was still being served.
  return before.findLast((other) => isWithin(hop, other)) ?? before.at(-1) ?? candidates[0];
}

/** When it was being served, by the clock of the one who served it. */
function spanOf({ served, startedAt, durationMs }: LoggedHop) {
  return served ?? { startedAt, durationMs };
}

function isWithin(hop: LoggedHop, other: LoggedHop): boolean {
  const { startedAt, durationMs } = spanOf(other);
  return isBegunWithin(hop, other) && hop.startedAt + hop.durationMs <= startedAt + durationMs + clockMs;
}

function isBegunWithin(hop: LoggedHop, other: LoggedHop): boolean {
  const { startedAt, durationMs } = spanOf(other);
  return startedAt <= hop.startedAt && hop.startedAt <= startedAt + durationMs + clockMs;
}

/** What times in a log are exact to. */
const clockMs = 1;

function lossesIn(hops: readonly TracedHop[]): Loss[] {
  return hops.flatMap((hop, index): Loss[] => {
    const before = hop.parent === undefined ? undefined : hops[hop.parent];
    if (before === undefined) return [];
    const losses: Loss[] = [];
    const lost = change(arrivedColor(before), sentColor(hop));
    if (lost) losses.push({ by: hop.from, ...lost, hop: index });
    if (before.requestId !== hop.requestId) losses.push({ by: hop.from, what: 'request-id', hop: index });
    return losses;
  });
}

/** What became of the colour that came in; undefined where nothing did, or nobody can say. */
function change(
  came: Seen | undefined,
  went: Seen | undefined,
): Pick<Loss, 'what' | 'cameIn' | 'wentOut'> | undefined {
  if (!came || !went) return undefined;
  if ('noneOf' in came) {
    const isNew = 'color' in went && came.noneOf.includes(went.color);
    return isNew ? { what: 'changed', wentOut: went.color } : undefined;
  }
  if ('noneOf' in went)
    return went.noneOf.includes(came.color) ? { what: 'dropped', cameIn: came.color } : undefined;
  if (came.color === went.color) return undefined;
  if (went.color === noColor) return { what: 'dropped', cameIn: came.color };
  return { what: 'changed', ...(came.color !== noColor && { cameIn: came.color }), wentOut: went.color };
}

/** How surely a hop with an id of its own was made in a request: within a hop of it, or only begun within one. */
export type Belonging = 'within' | 'begun-within';

/**
 * Whether `stray`, with an id of its own, was made by one that was being served in `hops` and carried no id on there: who
 * begins a new one does so for each of its calls. Calls for elsewhere tell nothing: an agent looks for its cloud, say. It
 * may end after the hop that it was made in: a proxy tells when it has closed a call, not when the caller had its answer.
 */
export function belonging(stray: LoggedHop, hops: readonly LoggedHop[]): Belonging | undefined {
  const callers = hops.filter(({ to }) => to !== undefined && isSame(to, stray.from));
  const ids = new Set(callers.map(({ requestId }) => requestId));
  const carriedOn = ({ from, to, requestId }: LoggedHop) =>
    to !== undefined && isSame(from, stray.from) && ids.has(requestId);
  if (hops.some(carriedOn)) return undefined;
  if (callers.some((caller) => isWithin(stray, caller))) return 'within';
  return callers.some((caller) => isBegunWithin(stray, caller)) ? 'begun-within' : undefined;
}
