/** From hops to whole requests: which hop followed which, and where a colour or a request id got lost. */
import { parseColor } from '../carry/color.ts';
import { type Hop, type Party, partyName } from './hop.ts';

/** A hop in its request: where it stands in the order of calls. */
interface TracedHop extends Hop {
  /** Index in the request's hops of the hop that led to this one; absent at the first. */
  parent?: number;
}

/** What a service did to a colour that it should have carried on. */
interface Loss {
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
 * @param hops all with one request id, in any order; at least one
 * @param strays hops with other ids that may belong to it: a caller in it made them while it was being served
 */
export function joinHops(hops: readonly Hop[], strays: readonly Hop[] = []): TracedRequest {
  const traced = inOrderOfCalls([...hops, ...strays]);
  return { id: (hops[0] as Hop).requestId, hops: traced, losses: lossesIn(traced) };
}

/** Each hop behind the one that led to it; clocks of different proxies may say otherwise. */
function inOrderOfCalls(hops: readonly Hop[]): TracedHop[] {
  const byTime = [...hops].sort((a, b) => a.startedAt - b.startedAt || b.durationMs - a.durationMs);
  const parents = new Map(byTime.map((hop) => [hop, parentOf(hop, byTime)]));
  const traced: TracedHop[] = [];
  const visit = (hop: Hop, parent: number | undefined) => {
    const index = traced.push(parent === undefined ? hop : { ...hop, parent }) - 1;
    for (const next of byTime) if (parents.get(next) === hop) visit(next, index);
  };
  for (const hop of byTime) if (parents.get(hop) === undefined) visit(hop, undefined);
  return traced;
}

/** The hop that was served by the caller of this one; of several (retries) the last that began before it. */
function parentOf(hop: Hop, byTime: readonly Hop[]): Hop | undefined {
  const caller = partyName(hop.from);
  const served = byTime.filter((other) => other.to !== undefined && partyName(other.to) === caller);
  return served.findLast((other) => other.startedAt <= hop.startedAt) ?? served[0];
}

function lossesIn(hops: readonly TracedHop[]): Loss[] {
  return hops.flatMap((hop, index): Loss[] => {
    const before = hop.parent === undefined ? undefined : hops[hop.parent];
    if (before === undefined) return [];
    const losses: Loss[] = [];
    // A colour that no version can have is none: to carry it on as none is right.
    const came = parseColor(before.colorOut).color;
    const went = parseColor(hop.colorIn).color;
    if (came !== went) losses.push({ by: hop.from, ...change(came, went), hop: index });
    if (before.requestId !== hop.requestId) losses.push({ by: hop.from, what: 'request-id', hop: index });
    return losses;
  });
}

function change(came: string, went: string): Pick<Loss, 'what' | 'cameIn' | 'wentOut'> {
  if (went === '-') return { what: 'dropped', cameIn: came };
  return { what: 'changed', ...(came !== '-' && { cameIn: came }), wentOut: went };
}

/** Whether `stray`, with an id of its own, was made by one that was being served in `hops` and called nobody there. */
export function mayBelong(stray: Hop, hops: readonly Hop[]): boolean {
  const caller = partyName(stray.from);
  if (hops.some(({ from }) => partyName(from) === caller)) return false;
  const end = stray.startedAt + stray.durationMs;
  return hops.some(
    ({ to, startedAt, durationMs }) =>
      to !== undefined &&
      partyName(to) === caller &&
      startedAt <= stray.startedAt &&
      end <= startedAt + durationMs + clockMs,
  );
}

/** What times in a log are exact to. */
const clockMs = 1;
