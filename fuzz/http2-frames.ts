/** Connections of HTTP/2 as bytes: frames by chance behind the preface (RFC 9113, sections 3.4 and 4.1; RFC 7541, 6.2.2). */
import fc from 'fast-check';
import { anyByte } from './heads.ts';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
const endStream = 1;
const endHeaders = 4;

function frame(type: number, flags: number, stream: number, payload: string): string {
  return bytesOf(payload.length, 3) + bytesOf(type, 1) + bytesOf(flags, 1) + bytesOf(stream, 4) + payload;
}

/** The lowest `count` bytes of a number, the highest of them first. */
function bytesOf(number: number, count: number): string {
  return Array.from({ length: count }, (_, i) =>
    String.fromCharCode((number >>> (8 * (count - 1 - i))) & 255),
  ).join('');
}

/** A header in full, in no table; name and value of at most 126 bytes. */
function field(name: string, value: string): string {
  return [name, value].reduce((text, part) => `${text}${String.fromCharCode(part.length)}${part}`, '\0');
}

const fields = fc
  .record(
    {
      ':method': fc.constantFrom('GET', 'POST', 'CONNECT', 'OPTIONS', 'get', ''),
      ':scheme': fc.constantFrom('http', 'https', 'x'),
      ':authority': fc.constantFrom(
        'service-b:32000',
        'service-b:32000',
        'a b',
        '%',
        '[::1',
        'a:99999',
        '@',
        '',
      ),
      ':path': fc.constantFrom('/', '/a?b', '*', '/%2%65', '/a%00', 'a', ''),
      'content-length': fc.constantFrom('0', '3', '-1', 'x'),
      connection: fc.constantFrom('close', 'upgrade'),
      te: fc.constantFrom('trailers', 'gzip'),
      'project-version': fc.constantFrom('release-v1', '', '\0', 'a\r\nb'),
      ':x': fc.constant('y'),
    },
    { requiredKeys: [':method', ':scheme', ':authority', ':path'] },
  )
  .map((named) =>
    Object.entries(named)
      .map(([name, value]) => field(name, value as string))
      .join(''),
  );

const good = [
  field(':method', 'GET'),
  field(':scheme', 'http'),
  field(':authority', 'service-b:32000'),
  field(':path', '/'),
].join('');
const streams = fc.constantFrom(1, 3, 5, 0, 2, 2 ** 31 - 1);
const noise = fc.string({ unit: anyByte, maxLength: 40 });

const someFrame = fc.oneof(
  fc
    .tuple(streams, fields, fc.constantFrom(endHeaders, endHeaders | endStream, 0))
    .map(([stream, block, flags]) => frame(types.headers, flags, stream, block)),
  streams.map((stream) => frame(types.headers, endHeaders | endStream, stream, good)),
  fc
    .tuple(fc.constantFrom(...Object.values(types)), fc.nat(255), streams, noise)
    .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)),
  fc.tuple(fc.nat(255), fc.nat(255), streams, noise).map((of) => frame(...of)),
  // Many small things that each want an answer, or a place.
  fc.constantFrom(
    frame(types.settings, 0, 0, '').repeat(200),
    frame(types.ping, 0, 0, '12345678').repeat(200),
    Array.from({ length: 100 }, (_, i) => frame(types.headers, endHeaders | endStream, 2 * i + 1, good)).join(
      '',
    ),
    Array.from({ length: 100 }, (_, i) => {
      const stream = 2 * i + 1;
      return (
        frame(types.headers, endHeaders | endStream, stream, good) +
        frame(types.reset, 0, stream, bytesOf(8, 4))
      );
    }).join(''),
    frame(types.headers, endStream, 1, good) +
      frame(types.continuation, 0, 1, field('x', 'y'.repeat(100))).repeat(200),
  ),
);

/** What is written to one connection. */
export const http2Connections: fc.Arbitrary<string> = fc
  .tuple(fc.array(someFrame, { maxLength: 8 }), fc.option(fc.nat(400)))
  .map(([frames, cutAt]) => {
    const bytes = preface + frame(types.settings, 0, 0, '') + frames.join('');
    return cutAt === null ? bytes : bytes.slice(0, cutAt);
  });
