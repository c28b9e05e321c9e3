/** A traced request as the page gets it. */
import { NO_COLOR, parseColor } from '../carry/color.ts';
import { type Hop, hasFailed } from '../trace/hop.ts';
import type { TracedRequest } from '../trace/join.ts';
import type { HopView, RequestView } from './protocol.ts';

export function requestView({ id, hops, losses }: TracedRequest): RequestView {
  const [first] = hops;
  const at = first?.startedAt ?? 0;
  return {
    id,
    at,
    method: first?.method ?? '-',
    path: first?.path ?? '-',
    ...(first?.colorIn !== undefined && { color: first.colorIn }),
    hops: hops.map((hop) => hopView(hop, at)),
    losses,
  };
}

function hopView(hop: Hop & { parent?: number }, requestAt: number): HopView {
  const { from, to, parent, colorOut, status, flags, route, attempts, startedAt, durationMs } = hop;
  const version = to?.version;
  const { color } = parseColor(colorOut);
  return {
    from,
    ...(to && { to }),
    ...(parent !== undefined && { parent }),
    ...(colorOut !== undefined && { color: colorOut }),
    fallback: version !== undefined && color !== NO_COLOR && color !== version,
    status,
    flags,
    failed: hasFailed(hop),
    ...(route && { route }),
    attempts,
    offsetMs: Math.max(0, Math.round(startedAt - requestAt)),
    durationMs: Math.round(durationMs * 10) / 10,
  };
}
