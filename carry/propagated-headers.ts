/** Which request headers are carried on: an allow-list, because the rest is between caller and callee. */

import { colorHeaderName } from './color.ts';
import { hopByHop } from './hop-by-hop.ts';

/** Always on it: the colour, and what tracing needs (W3C trace context, B3). */
export const alwaysPropagated: readonly string[] = [
  colorHeaderName,
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
];

/** Never carried on, whatever the configuration says: they belong to one connection, one body or one login. */
const neverPropagated: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'authorization',
  ...hopByHop,
  // about this body and this answer: the next request has its own
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  // node:http drops it, as an object of JavaScript cannot hold it
  '__proto__',
]);

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Why a header (in lower case) cannot be added to the allow-list; undefined when it can. */
export function whyNotPropagated(name: string): string | undefined {
  if (neverPropagated.has(name)) return `${name} is never carried on`;
  if (!token.test(name)) return `${JSON.stringify(name)} is no header name`;
  return undefined;
}

/**
 * Reads PROPAGATE_HEADERS, names separated by commas: the whole allow-list, in lower case, and what is wrong with each
 * name that cannot be on it.
 */
export function propagatedHeaders(added = ''): { names: readonly string[]; wrong: readonly string[] } {
  const names = added
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  return {
    names: [...new Set([...alwaysPropagated, ...names])],
    wrong: names.map(whyNotPropagated).filter((reason) => reason !== undefined),
  };
}
