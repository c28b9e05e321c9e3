/**
 * Carries the colour, and the other headers of the allow-list, from the request that came in to every call made
 * on its behalf: carry/ as these services use it. The middleware takes the headers in, and the client of outbound.ts
 * sends them on.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import { bindEvents, carriedHeaders, carry, takeIn as takeInHeaders } from '../../carry/carried-headers.ts';
import { colorHeaderName, noColor, parseColor } from '../../carry/color.ts';
import { type Carrier, writtenColor } from '../../carry/color-carrier.ts';

/** What a request carries on. */
export interface Carried {
  /** The colour, or `-`. */
  readonly color: string;
  /** All headers to send on, names in lower case; always with the colour. */
  readonly headers: Readonly<Record<string, string>>;
}

const nothing: Carried = { color: noColor, headers: { [colorHeaderName]: noColor } };

/** What the request now being served carries on; outside of any request, no colour. */
export function carried(): Carried {
  const headers = carriedHeaders();
  return headers ? { color: headers[colorHeaderName] ?? noColor, headers } : nothing;
}

/** Runs `work` as part of a request that carries this; every asynchronous call that starts in it does too. */
export function carrying<T>({ headers }: Carried, work: () => T): T {
  return carry(headers, work);
}

/**
 * Koa middleware that takes in the headers named (lower case) from each request, for all that is done for it: also
 * in listeners of its own events and its response's.
 * `onMalformed` is told of a colour that no version can have; it is carried on as `-`.
 */
export function propagation(
  names: readonly string[],
  onMalformed: (value: string) => void,
  carrier: Carrier = 'header',
): Middleware {
  return (ctx, next) => {
    const taken = takeIn(ctx.req.headers, names, carrier);
    bindEvents(ctx.req, taken.carried.headers);
    bindEvents(ctx.res, taken.carried.headers);
    return carrying(taken.carried, () => {
      if (taken.malformed !== undefined) onMalformed(taken.malformed);
      return next();
    });
  };
}

/** The headers named, out of all that came in; always with a colour, that of what carries it. */
export function takeIn(
  incoming: IncomingHttpHeaders,
  names: readonly string[],
  carrier: Carrier = 'header',
): { carried: Carried; malformed?: string } {
  const headers = takeInHeaders(incoming, names);
  const { color, malformed } = parseColor(writtenColor(carrier, (name) => headers[name]));
  headers[colorHeaderName] = color;
  return malformed === undefined
    ? { carried: { color, headers } }
    : { carried: { color, headers }, malformed };
}
