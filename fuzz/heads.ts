/** Requests as bytes. */
import fc from 'fast-check';
import type { Receiver } from './input.ts';

/** A head: request line and headers. */
export function head(line: string, ...headers: readonly string[]): string {
  return `${[line, ...headers].join('\r\n')}\r\n\r\n`;
}

/** The Host that leads to a service, whoever is asked. */
export const serviceHost = 'Host: service-b:32000';

/** Bytes of these characters, each between 0 and 255. */
export const anyByte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));

const path = fc.stringMatching(/^\/[a-z0-9]{0,8}(\?[a-z]=[a-z0-9]{0,3})?$/);
const color = fc
  .constantFrom('release', 'release-v1', 'nobody', '-', '', 'ä', 'release-v1, release')
  .map((value) => `project-version: ${value}`);
const accept = fc.constantFrom('Accept: application/json', 'Accept: */*');
const extra = fc.constantFrom(
  'Cookie: a=b',
  'X-Request-Id: x',
  'Connection: keep-alive',
  'Connection: x-gone',
  'TE: trailers',
);

/** Cuts a body into chunks as a client may write them. */
export function chunked(pieces: readonly string[], { extension = '', trailer = '' } = {}): string {
  const chunks = pieces
    .filter((piece) => piece !== '')
    .map((piece) => `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`);
  return `${chunks.join('')}0\r\n${trailer}\r\n`;
}

const body = fc.array(fc.string({ unit: anyByte, maxLength: 40 }), { maxLength: 4 });

/** A request that everybody has to serve. */
export const wellFormed: fc.Arbitrary<string> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
    path,
    headers: fc.uniqueArray(fc.oneof(color, accept, extra), {
      selector: (line) => line.split(':')[0],
      maxLength: 3,
    }),
    body,
    framing: fc.constantFrom('none', 'length', 'chunks'),
  })
  .map(({ method, path, headers, body, framing }) => {
    const lines = [`${method} ${path} HTTP/1.1`, serviceHost, ...headers] as const;
    const text = body.join('');
    if (framing === 'none' || method === 'GET') return head(...lines);
    if (framing === 'length') return `${head(...lines, `Content-Length: ${text.length}`)}${text}`;
    return `${head(...lines, 'Transfer-Encoding: chunked')}${chunked(body)}`;
  });

/** Whether a target decides by rules and reads as Envoy does. */
export function isProxy(target: Receiver): boolean {
  return target === 'gateway' || target === 'sidecar';
}

/** Whether a target is a server of node's own, as it is. */
export function isService(target: Receiver): boolean {
  return target === 'service-a' || target === 'service-b';
}
