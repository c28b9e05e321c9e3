/** The hash of a request for consistentHash, as Istio's route hash_policy takes it. */

import type { RequestHead } from '../routing/decision.ts';
import type { LoadBalancer } from '../rules/model.ts';
import { murmur3 } from './balance/murmur3.ts';

type ConsistentHash = Extract<LoadBalancer, { type: 'consistentHash' }>;

export interface HashKey {
  /** Undefined: the request lacks what is hashed. */
  hash: number | undefined;
  /** A cookie that the answer has to set, so that the next request has what is hashed. */
  setCookie?: string;
}

/** @param client address and port of the caller's end of the connection. */
export function hashKey(
  { by }: ConsistentHash,
  head: RequestHead,
  client: { address: string; port: number },
): HashKey {
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

/** A ttl of 0 makes a session cookie. */
function cookieLine(
  { name, path, ttlMs }: Extract<ConsistentHash['by'], { type: 'cookie' }>,
  value: string,
): string {
  const age = ttlMs > 0 ? `; Max-Age=${Math.floor(ttlMs / 1000)}` : '';
  return `${name}="${value}"${age}${path ? `; Path=${path}` : ''}; HttpOnly`;
}
