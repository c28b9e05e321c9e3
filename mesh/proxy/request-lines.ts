/** A request's head as it came in, read once: for the route decision, and as the lines that go out. */

import { randomUUID } from 'node:crypto';
import type { ProxyIdentity, RequestHead } from '../routing/decision.ts';
import type { Address } from './address.ts';
import type { ClientRequest } from './client.ts';
import { type HeaderLines, isHopByHop, isTeTrailers, removeNominated, setLine } from './headers.ts';
import { hopsHeader } from './loop.ts';
import type { Target } from './target.ts';
import { fromWire, toWire } from './wire.ts';

export interface Incoming {
  /** As it was sent; from the search for a route on, as rules see it. */
  head: RequestHead;
  /** Without host and hop-by-hop headers, with those that the proxy adds. */
  lines: HeaderLines;
  requestId: string;
  /** The client sends a body, or may. */
  hasBody: boolean;
  address: Address | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Bag = Mutable<RequestHead['headers']>;

/** Like Object.create(null), which no header name can surprise, but with the speed of ordinary objects. */
const HeaderBag = function HeaderBag() {} as unknown as new () => Bag;
HeaderBag.prototype = Object.create(null);

/** Control headers of Envoy, which it takes from nobody; its own say about the caller's certificate among them. */
const internalOnly: ReadonlySet<string> = new Set([
  'x-forwarded-client-cert',
  'x-envoy-internal',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-decorator-operation',
  'x-envoy-attempt-count',
  hopsHeader,
]);

/** What the gateway takes from no client, beside those: a caller inside the mesh may say what another proxy said. */
const insideOnly: ReadonlySet<string> = new Set([
  'x-envoy-original-path',
  'x-envoy-original-host',
  'x-request-id',
]);

/**
 * Reads a request's head and adds to it what Envoy's connection manager adds: at the gateway the client's address
 * and a request id of its own; everywhere a request id and the scheme, when there is none.
 * @param port that it came in on (gateway) or is addressed to (sidecar).
 * @param upgrade it asks for another protocol: what follows its head is no body, but bytes in that protocol.
 */
export function readRequest(
  req: ClientRequest,
  target: Target,
  { proxy, port, upgrade }: { proxy: ProxyIdentity; port: number; upgrade: boolean },
): Incoming {
  const raw = req.rawHeaders;
  const lines: HeaderLines = [];
  const headers = new HeaderBag();
  let nominated: string | undefined;
  let hasBody = req.hasBody ?? false;
  const isGateway = proxy.type === 'gateway';
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (name === 'host') continue;
    if (isHopByHop(name)) {
      if (name === 'connection') nominated = value;
      else if (name === 'transfer-encoding') hasBody = !upgrade;
      else if (isTeTrailers(name, value)) lines.push(name, 'trailers');
      continue;
    }
    if (name === 'content-length') {
      if (upgrade) continue;
      hasBody = req.hasBody ?? value !== '0';
    } else if (name === 'expect' || (name.startsWith('x-') && isTakenAway(name, isGateway))) continue;
    lines.push(name, value);
    remember(headers, name, fromWire(value));
  }
  if (nominated !== undefined && nominated.length > 5 && nominated.toLowerCase() !== 'keep-alive') {
    removeNominated(lines, nominated);
  }
  if (isGateway) addClientAddress(lines, headers, clientAddress(req));
  else if (headers['x-forwarded-proto'] === undefined) put(lines, headers, 'x-forwarded-proto', 'http');
  let requestId = headers['x-request-id'] as string | undefined;
  if (requestId === undefined) {
    requestId = randomUUID();
    put(lines, headers, 'x-request-id', requestId);
  }
  return {
    head: {
      method: req.method ?? 'GET',
      path: target.path,
      authority: target.authority,
      scheme: target.scheme,
      port,
      headers,
    },
    lines,
    requestId: String(requestId),
    hasBody,
    address: target.address,
  };
}

function isTakenAway(name: string, isGateway: boolean): boolean {
  return internalOnly.has(name) || (isGateway && insideOnly.has(name));
}

function remember(headers: Bag, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else headers[name] = typeof before === 'string' ? [before, value] : [...before, value];
}

/** Replaces the header by one line. */
function put(lines: HeaderLines, headers: Bag, name: string, value: string): void {
  if (headers[name] === undefined) lines.push(name, toWire(value));
  else setLine(lines, name, toWire(value));
  headers[name] = value;
}

/** Envoy's use_remote_address: the gateway is the edge, and believes its own eyes. */
function addClientAddress(lines: HeaderLines, headers: Bag, address: string): void {
  const before = headers['x-forwarded-for'];
  const chain = before === undefined ? address : `${String(before)},${address}`;
  put(lines, headers, 'x-forwarded-for', chain);
  put(lines, headers, 'x-forwarded-proto', 'http');
  put(lines, headers, 'x-envoy-external-address', address);
}

/** The client's IP address; IPv4 as such also on a socket of both families. */
export function clientAddress(req: ClientRequest): string {
  return withoutMapping(req.socket.remoteAddress);
}

/** The IP address at which the proxy took the request. */
export function proxyAddress(req: ClientRequest): string {
  return withoutMapping(req.socket.localAddress);
}

/** IPv4 as such, also on a socket of both families. */
export function withoutMapping(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
