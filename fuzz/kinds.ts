/** The kinds of bytes that are sent, each with what may come back. */
import fc from 'fast-check';
import { isAuthority } from '../mesh/proxy/address.ts';
import { normalPath } from '../mesh/routing/path.ts';
import { refused } from '../mesh/testing/refused.ts';
import { anyByte, chunked, head, isProxy, isService, serviceHost, wellFormed } from './heads.ts';
import { http2Connections } from './http2-frames.ts';
import { type Input, ownPort, type Receiver } from './input.ts';

type Bytes = Pick<Input, 'writes' | 'expect'>;
/** Undefined: not for this target. */
type Kind = (target: Receiver) => fc.Arbitrary<Bytes> | undefined;

const ok = [200];
/** What a server may say to a request that it need not take; 502: service-a, where its sidecar does not take it. */
const noDefect = [200, 400, 403, 404, 405, 408, 413, 414, 417, 426, 431, 501, 502, 505];

const upgrade = (protocol: string, ...more: string[]) =>
  head('GET / HTTP/1.1', serviceHost, 'Connection: Upgrade', `Upgrade: ${protocol}`, ...more);

const requests: Kind = () => wellFormed.map((bytes) => ({ writes: [bytes], expect: [ok] }));

const slowly: Kind = () =>
  fc
    .tuple(wellFormed, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }))
    .map(([bytes, cuts]) => ({ writes: cutAt(bytes, cuts), expect: [ok] }));

const pipelined: Kind = () =>
  fc
    .array(wellFormed, { minLength: 2, maxLength: 8 })
    .map((all) => ({ writes: [all.join('')], expect: all.map(() => ok) }));

const flood: Kind = () =>
  fc.integer({ min: 50, max: mostOfAFlood }).map((count) => ({
    writes: [floodOf(count)],
    expect: Array(count).fill(ok),
  }));

const mostOfAFlood = 200;

function floodOf(count: number): string {
  return head('GET /flood HTTP/1.1', serviceHost).repeat(count);
}

/** What makes a target open as many connections as it ever does. */
export function largestFlood(target: Receiver): Input {
  return { target, kind: 'flood', writes: [floodOf(mostOfAFlood)], expect: Array(mostOfAFlood).fill(ok) };
}

/** In one packet: a request, and behind it something that takes the connection over or ends it. */
const tails: Kind = (target) =>
  fc.tuple(wellFormed, tail(target)).map(([first, { writes, expect }]) => ({
    writes: [first + writes.join('')],
    expect: Array.isArray(expect) ? [isService(target) ? noDefect : ok, ...expect] : [ok],
  }));

function tail(target: Receiver): fc.Arbitrary<Bytes> {
  const websocket = isProxy(target) ? ok : noDefect;
  return fc.constantFrom<Bytes>(
    { writes: [upgrade('websocket')], expect: [websocket] },
    { writes: [upgrade('websocket', 'Content-Length: 3'), 'abc'], expect: [noDefect] },
    { writes: [upgrade('h2c', 'HTTP2-Settings: AAMAAABk')], expect: [ok] },
    {
      writes: [upgrade('h2c'), upgrade('h2c'), head('GET / HTTP/1.1', serviceHost)],
      // node forgets what comes in one packet with an upgrade that it ignores.
      expect: isService(target) ? [ok] : [ok, ok, ok],
    },
    { writes: [upgrade('foo')], expect: [isProxy(target) ? [403] : noDefect] },
    { writes: [upgrade('foo'), 'x'.repeat(100)], expect: [isProxy(target) ? [403] : noDefect] },
    // node tells of these at once, before the request in front has its answer.
    { writes: ['\x16\x03\x01\x02\0'], expect: isService(target) ? [] : [[400]] },
    { writes: ['BAD\r\n\r\n'], expect: isService(target) ? [] : [[400]] },
    {
      writes: [head('POST / HTTP/1.1', serviceHost, 'Content-Length: 10'), 'abc'],
      expect: { leave: 'at once' },
    },
  );
}

const upgrades: Kind = (target) => tail(target);

const refusals: Kind = (target) =>
  isProxy(target)
    ? fc.constantFrom(...refused).map(([bytes, status]) => ({
        // To a Host that it knows, or REGISTRY_ONLY answers before the body is read.
        writes: [bytes.replaceAll('Host: b\r\n', `${serviceHost}\r\n`)],
        expect: [[status]],
      }))
    : fc.constantFrom(...refused).map(([bytes]) => ({ writes: [bytes], expect: { leave: 'half' } }));

const hostPieces = [
  'a',
  'b.invalid',
  '.',
  ':',
  '@',
  '%',
  '%41',
  '[',
  ']',
  '::1',
  '/',
  '?',
  '#',
  '\\',
  ' ',
  '\t',
  '<',
  '{',
  '|',
  '^',
  ',',
  ';',
  '*',
  '_',
  '-',
  '0',
  '80',
  '99999',
  '\xe9',
  '\x7f',
  '\x01',
];
const oddHost = fc
  .array(fc.constantFrom(...hostPieces), { maxLength: 5 })
  .map((some) => some.join('').trim());

const hosts: Kind = (target) => {
  // The client without a sidecar would ask DNS for each.
  if (target === 'plain') return undefined;
  return oddHost.map((host) => ({
    writes: [head('GET / HTTP/1.1', `Host: ${host}`)],
    expect: [hostStatuses(target, host)],
  }));
};

function hostStatuses(target: Receiver, host: string): number[] {
  if (!isProxy(target)) return noDefect;
  if (!isAuthority(host)) return [400];
  // REGISTRY_ONLY: to a sidecar they are no address, or nobody it knows.
  return target === 'gateway' ? ok : [400, 502];
}

const paths: Kind = (target) => {
  const pieces = [
    '/',
    '.',
    '..',
    '%',
    '2e',
    '%2e',
    '%00',
    '%65',
    ';',
    '\\',
    '^',
    '|',
    '?',
    '#',
    'a',
    '\x7f',
    '\xe9',
    '{',
    '%5c',
  ];
  return fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((some) => {
    const path = `/${some.join('')}`;
    const isRead = /^[\x21-\x7e]*$/.test(path) && normalPath(path) !== undefined;
    return {
      writes: [head(`GET ${path} HTTP/1.1`, serviceHost)],
      expect: [isProxy(target) ? (isRead ? ok : [400]) : noDefect],
    };
  });
};

const absolute: Kind = (target) =>
  fc
    .constantFrom('http://service-b:32000/x', 'http://service-b:32000', 'HTTP://u:p@service-b:32000/x?y')
    .map((url) => ({
      writes: [head(`GET ${url} HTTP/1.1`, serviceHost)],
      expect: [isService(target) ? noDefect : ok],
    }));

const chunkGames: Kind = (target) => {
  const start = head('POST / HTTP/1.1', serviceHost, 'Transfer-Encoding: chunked');
  const bad = ['zz\r\n', '-1\r\n', 'fffffffffffffffffff\r\n', '3\r\nabcd\r\n', '3\nabc\n0\n\n', '\r\n\r\n'];
  const pieces = fc.array(fc.string({ unit: anyByte, maxLength: 30 }), { maxLength: 6 });
  return fc.oneof(
    fc
      .record({
        pieces,
        extension: fc.constantFrom('', ';a=b', ';x'),
        trailer: fc.constantFrom('', 'X-T: 1\r\n'),
      })
      .map(({ pieces, ...how }) => ({ writes: [start, chunked(pieces, how)], expect: [ok] })),
    fc.constantFrom(...bad).map((chunk) => ({
      writes: [start, chunk],
      expect: [isProxy(target) ? [400] : noDefect],
    })),
  );
};

const tunnels: Kind = (target) => {
  const connect = head('CONNECT service-b:32000 HTTP/1.1', serviceHost);
  const odd = fc.constantFrom('a/b', '/', '', ':', '[::1', 'a:99999', '%', 'a b', '@');
  if (target === 'gateway' || isService(target)) {
    const status = target === 'gateway' ? [404] : noDefect;
    return target === 'gateway' ? fc.constant({ writes: [connect], expect: [status] }) : undefined;
  }
  return fc.oneof(
    wellFormed.map((bytes) => ({ writes: [connect, bytes], expect: [ok, ok] })),
    wellFormed.map((bytes) => ({ writes: [connect + bytes], expect: [ok, ok] })),
    fc.constant<Bytes>({ writes: [`${connect}\x16\x03\x01\x02`], expect: { leave: 'half' } }),
    fc.constant<Bytes>({ writes: [connect], expect: { leave: 'half' } }),
    odd.map((to): Bytes => ({ writes: [head(`CONNECT ${to} HTTP/1.1`)], expect: [[400]] })),
  );
};

const loops: Kind = (target) =>
  target === 'sidecar' || target === 'plain'
    ? fc.constantFrom('127.0.0.1', 'localhost', '127.1').map((host) => ({
        writes: [head('GET / HTTP/1.1', `Host: ${host}:${ownPort}`)],
        // The sidecar does not get so far: REGISTRY_ONLY.
        expect: [[502, 508]],
      }))
    : undefined;

const large: Kind = (target) =>
  fc.constantFrom<Bytes>(
    { writes: [head('GET / HTTP/1.1', serviceHost, `x: ${'x'.repeat(70_000)}`)], expect: [[431]] },
    { writes: [head(`GET /${'x'.repeat(70_000)} HTTP/1.1`, serviceHost)], expect: [[431]] },
    {
      writes: [head('POST / HTTP/1.1', serviceHost, 'Content-Length: 300000') + 'x'.repeat(300_000)],
      expect: [isProxy(target) ? [200, 413] : noDefect],
    },
  );

/** A request that anything may have happened to. */
const damaged: Kind = () =>
  fc
    .tuple(
      fc.oneof(
        wellFormed,
        fc.constant(upgrade('websocket')),
        fc.constantFrom(...refused).map(([bytes]) => bytes),
      ),
      fc.array(fc.tuple(fc.nat(400), fc.string({ unit: anyByte, maxLength: 6 }), fc.nat(4)), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.constantFrom('at once' as const, 'half' as const),
    )
    .map(([bytes, wounds, leave]) => ({ writes: [damage(bytes, wounds)], expect: { leave } }));

function damage(
  bytes: string,
  wounds: readonly (readonly [at: number, put: string, taken: number])[],
): string {
  return wounds.reduce((text, [at, put, taken]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + taken);
  }, bytes);
}

const cutOff: Kind = () =>
  fc
    .tuple(wellFormed, fc.nat(300), fc.constantFrom('at once' as const, 'half' as const))
    .map(([bytes, at, leave]) => ({ writes: [bytes.slice(0, at)], expect: { leave } }));

const noise: Kind = () =>
  fc
    .string({ unit: anyByte, maxLength: 200 })
    .map((bytes) => ({ writes: [`${bytes}\r\n\r\n`], expect: { leave: 'half' } }));

/** Whatever comes back: when the client has ended its side, the connection is to end too. */
const http2: Kind = (target) =>
  isService(target)
    ? undefined
    : http2Connections.map((bytes) => ({ writes: [bytes], expect: { leave: 'half' } }));

function cutAt(bytes: string, lengths: readonly number[]): string[] {
  const writes: string[] = [];
  let rest = bytes;
  for (const length of lengths) {
    writes.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return [...writes, rest].filter((piece) => piece !== '');
}

/** By name, with how often each is sent. */
export const kinds: Readonly<Record<string, { kind: Kind; weight: number }>> = {
  requests: { kind: requests, weight: 10 },
  slowly: { kind: slowly, weight: 4 },
  pipelined: { kind: pipelined, weight: 4 },
  flood: { kind: flood, weight: 1 },
  'pipelined, then something else': { kind: tails, weight: 10 },
  upgrades: { kind: upgrades, weight: 6 },
  refusals: { kind: refusals, weight: 12 },
  hosts: { kind: hosts, weight: 12 },
  paths: { kind: paths, weight: 8 },
  'absolute URLs': { kind: absolute, weight: 2 },
  chunks: { kind: chunkGames, weight: 6 },
  tunnels: { kind: tunnels, weight: 6 },
  loops: { kind: loops, weight: 2 },
  large: { kind: large, weight: 1 },
  damaged: { kind: damaged, weight: 14 },
  'cut off': { kind: cutOff, weight: 8 },
  noise: { kind: noise, weight: 6 },
  'HTTP/2': { kind: http2, weight: 8 },
};
