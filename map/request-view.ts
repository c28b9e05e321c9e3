/** A traced request as the page gets it. */
import { noColor } from '../carry/color.ts';
import { arrivedColor, hasFailed, type LoggedHop, type Seen, sentColor } from '../trace/hop.ts';
import type { TracedRequest } from '../trace/join.ts';
import type { HopView, RequestView } from './protocol.ts';

export function requestView({ id, hops, losses }: TracedRequest): RequestView {
  const [first] = hops;
  const at = first?.startedAt ?? 0;
  // As it was written, where that is known: a malformed one too.
  const asked = first?.colorIn ?? (first?.seen && given(sentColor(first)));
  return {
    id,
    at,
    method: first?.method ?? '-',
    path: first?.path ?? '-',
    ...(asked !== undefined && { color: asked }),
    hops: hops.map((hop) => hopView(hop, at)),
    losses,
  };
}

function hopView(hop: LoggedHop & { parent?: number }, requestAt: number): HopView {
  const { from, to, parent, status, flags, route, attempts, startedAt, durationMs } = hop;
  const version = to?.version;
  const color = given(arrivedColor(hop));
  return {
    from,
    ...(to && { to }),
    ...(parent !== undefined && { parent }),
    ...(color !== undefined && { color }),
    fallback: version !== undefined && color !== undefined && color !== version,
    status,
    flags,
    failed: hasFailed(hop),
    ...(route && { route }),
    attempts,
    offsetMs: Math.max(0, Math.round(startedAt - requestAt)),
    durationMs: Math.round(durationMs * 10) / 10,
  };
}

/** The colour, where there is one and it is known. */
function given(seen: Seen | undefined): string | undefined {
  return seen && 'color' in seen && seen.color !== noColor ? seen.color : undefined;
}
