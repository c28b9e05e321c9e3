/** The hash of a request for consistentHash, as Istio's route hash_policy takes it. */

import type { RequestHead } from '../routing/decision.ts';
import type { HashBy } from '../rules/model.ts';
import { murmur3 } from './upstream/balance/murmur3.ts';

export interface HashKey {
  /** Undefined: the request lacks all that is hashed. */
  hash: number | undefined;
  /** Cookies that the answer has to set, so that the next request has what is hashed. */
  setCookies: readonly string[];
}

/** Address and port of the caller's end of the connection. */
interface Client {
  address: string;
  port: number;
}

/** The hash of all that `by` names. Bits are turned between two, so that the same value twice does not cancel out. */
export function hashKey(by: readonly HashBy[], head: RequestHead, client: Client): HashKey {
  let hash: number | undefined;
  const setCookies: string[] = [];
  for (const one of by) {
    const part = partOf(one, head, client);
    if (part.setCookie !== undefined) setCookies.push(part.setCookie);
    if (part.hash === undefined) continue;
    hash = hash === undefined ? part.hash : (((hash << 1) | (hash >>> 31)) ^ part.hash) >>> 0;
  }
  return { hash, setCookies };
}

function partOf(
  by: HashBy,
  head: RequestHead,
  client: Client,
): { hash: number | undefined; setCookie?: string } {
  switch (by.type) {
    case 'header': {
      const value = head.headers[by.name];
      // Envoy sorts the values of several lines, so that their order does not matter.
      return { hash: value === undefined ? undefined : murmur3([value].flat().toSorted().join('')) };
    }
    case 'query':
      return { hash: hashOf(queryParam(head.path, by.name)) };
    case 'sourceIp':
      return { hash: murmur3(client.address) };
    case 'cookie': {
      const value = cookie(head.headers.cookie, by.name);
      if (value !== undefined) return { hash: murmur3(value) };
      const made = murmur3(`${client.address}:${client.port}`).toString(16).padStart(8, '0');
      return { hash: murmur3(made), setCookie: cookieLine(by, made) };
    }
  }
}

function hashOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : murmur3(value);
}

function queryParam(path: string, name: string): string | undefined {
  const start = path.indexOf('?');
  if (start === -1) return undefined;
  return new URLSearchParams(path.slice(start)).get(name) ?? undefined;
}

function cookie(header: string | readonly string[] | undefined, name: string): string | undefined {
  for (const line of [header ?? []].flat()) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
      const value = pair.slice(equals + 1).trim();
      return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
    }
  }
  return undefined;
}

/** A ttl of less than a second makes a session cookie. */
function cookieLine({ name, path, ttlMs }: Extract<HashBy, { type: 'cookie' }>, value: string): string {
  const seconds = Math.floor(ttlMs / 1000);
  const age = seconds > 0 ? `; Max-Age=${seconds}` : '';
  return `${name}="${value}"${age}${path ? `; Path=${path}` : ''}; HttpOnly`;
}
