/**
 * Two proxies tell of one request: the caller's, when it went out, and the callee's, when it came in. Made one hop here,
 * by the connection where its addresses are known at both ends, else by the callee's address and the order of times.
 */
import { arrivedColor, type LoggedHop, sentColor, type View } from './hop.ts';

/** @param hops of one request id, in any order */
export function mergeViews(hops: readonly LoggedHop[]): LoggedHop[] {
  const arrivals = hops.filter(({ view }) => view?.by === 'callee').sort(byStart);
  if (arrivals.length === 0) return [...hops];
  const departures = hops.filter(({ view }) => view?.by !== 'callee').sort(byStart);
  const open = new Set(arrivals);
  const merged = departures.map((hop) => {
    const arrival = arrivalOf(hop, open);
    if (!arrival) return hop;
    open.delete(arrival);
    return merge(hop, arrival);
  });
  return [...merged, ...open];
}

const byStart = (a: LoggedHop, b: LoggedHop) => a.startedAt - b.startedAt;

function arrivalOf({ view }: LoggedHop, open: ReadonlySet<LoggedHop>): LoggedHop | undefined {
  if (!view?.far || view.by === 'both') return undefined;
  const there = [...open].filter((arrival) => arrival.view?.far === view.far);
  const sameConnection = there.find(({ view: other }) => isConnection(other) && other?.near === view.near);
  return sameConnection ?? there.find(({ view: other }) => !isConnection(other) || !view.near);
}

/** Behind a gateway the callee's proxy logs the address of the client, and port 0. */
function isConnection(view: View | undefined): boolean {
  return view?.near !== undefined && !view.near.endsWith(':0');
}

function merge(hop: LoggedHop, arrival: LoggedHop): LoggedHop {
  const { colorIn: _, colorOut: __, ...rest } = hop;
  const sent = sentColor(hop);
  // What the callee's proxy saw is what arrived; only where it does not know, the caller's word counts.
  const arrived = arrivedColor(arrival) ?? arrivedColor(hop);
  return {
    ...rest,
    ...(arrival.to && { to: arrival.to }),
    seen: {
      ...(sent && { in: sent }),
      ...(arrived && { out: arrived }),
      ...(hop.seen?.set && { set: true }),
    },
    served: { startedAt: arrival.startedAt, durationMs: arrival.durationMs },
    view: { ...hop.view, by: 'both' },
  };
}
