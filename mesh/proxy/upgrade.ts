/** Requests to switch protocols. WebSocket is the one protocol that Istio lets a connection switch to. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClientRequest } from './client.ts';

/** Whether an upgrade is asked for that is none of node's: to nothing. */
export function isEmptyOffer({ headers }: ClientRequest): boolean {
  return headers.upgrade === '' && /(^|,)\s*upgrade\s*(,|$)/i.test(headers.connection ?? '');
}

export function isWebSocket(req: ClientRequest): boolean {
  return asksFor(req, 'websocket');
}

/**
 * The offer to go on in HTTP/2, which Java's HttpClient and `curl --http2` make with their first request. Envoy drops
 * it and serves the request (https://www.rfc-editor.org/rfc/rfc9113#appendix-B-2.4).
 */
export function isH2cOffer(req: ClientRequest): boolean {
  return asksFor(req, 'h2c');
}

/** This protocol and no other: of a list Envoy knows none. */
function asksFor(req: ClientRequest, protocol: string): boolean {
  return req.headers.upgrade?.toLowerCase() === protocol;
}

/** The head of a request as it came in, without the offer of another protocol. */
export function withoutUpgrade({ method, url, httpVersion, rawHeaders }: ClientRequest): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (/^(upgrade|http2-settings)$/i.test(name)) continue;
    const value = rawHeaders[i + 1] as string;
    lines.push(`${name}: ${/^connection$/i.test(name) ? withoutOffer(value) : value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function withoutOffer(connection: string): string {
  const names = connection.split(',').map((name) => name.trim());
  return names.filter((name) => !/^(upgrade|http2-settings)$/i.test(name)).join(', ');
}

/** The head that tells the client that the upstream took the upgrade. */
export function switchingProtocols(headers: IncomingHttpHeaders, serverName: string): string {
  const lines = Object.entries({ ...headers, server: serverName }).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}`),
  );
  return ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n');
}

/** Hands bytes on both ways until either side ends. */
export function joinSockets(client: Duplex, upstream: Duplex): void {
  client.pipe(upstream);
  upstream.pipe(client);
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}
