/**
 * Carries the colour, and the other headers of the allow-list, from the request that came in to every call made
 * on its behalf. This is the piece to copy into a service of your own: the middleware takes the headers in, and the
 * client of outbound.ts sends them on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import { COLOR_HEADER, NO_COLOR, parseColor } from './color.ts';

/** What a request carries on. */
export interface Carried {
  /** The colour, or `-`. */
  readonly color: string;
  /** All headers to send on, names in lower case; always with the colour. */
  readonly headers: Readonly<Record<string, string>>;
}

const NOTHING: Carried = { color: NO_COLOR, headers: { [COLOR_HEADER]: NO_COLOR } };

const storage = new AsyncLocalStorage<Carried>();

/** What the request now being served carries on; outside of any request, no colour. */
export function carried(): Carried {
  return storage.getStore() ?? NOTHING;
}

/** Runs `work` as part of a request that carries this; every asynchronous call that starts in it does too. */
export function carrying<T>(headers: Carried, work: () => T): T {
  return storage.run(headers, work);
}

/**
 * Koa middleware that takes in the headers named (lower case) from each request.
 * `onMalformed` is told of a colour that no version can have; it is carried on as `-`.
 */
export function propagation(names: readonly string[], onMalformed: (value: string) => void): Middleware {
  return (ctx, next) => {
    const taken = takeIn(ctx.req.headers, names);
    return carrying(taken.carried, () => {
      if (taken.malformed !== undefined) onMalformed(taken.malformed);
      return next();
    });
  };
}

/** The headers named, out of all that came in. */
export function takeIn(
  incoming: IncomingHttpHeaders,
  names: readonly string[],
): { carried: Carried; malformed?: string } {
  const perConnection = namedByConnection(incoming.connection);
  const headers: Record<string, string> = {};
  for (const name of names) {
    const value = incoming[name];
    if (value === undefined || perConnection?.has(name)) continue;
    headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const { color, malformed } = parseColor(headers[COLOR_HEADER]);
  headers[COLOR_HEADER] = color;
  return malformed === undefined
    ? { carried: { color, headers } }
    : { carried: { color, headers }, malformed };
}

/** Headers that `Connection` declares hop-by-hop for this one message (RFC 9110 section 7.6.1). */
function namedByConnection(connection: string | undefined): Set<string> | undefined {
  // what nearly every request says; it names no header
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}
