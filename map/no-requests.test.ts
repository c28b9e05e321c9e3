/** What comes to the map's server and is no request that HTTP or the page knows: each gets a problem in words. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveMap, type TrafficMap } from './server.ts';
import { FakeSource } from './testing.ts';

let map: TrafficMap;
beforeEach(async () => {
  map = await serveMap(new FakeSource(), 0);
});
afterEach(() => map.close());

/** @returns all that is answered to these bytes until the connection ends */
async function answerTo(bytes: string): Promise<{ status: number; type: string; body: string }> {
  const socket = connect(map.port, '127.0.0.1');
  socket.write(bytes);
  const answer = await text(socket);
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]),
    type: /^content-type: (.*)\r$/im.exec(answer)?.[1] ?? '',
    body: /\{.*\}/.exec(answer)?.[0] ?? '',
  };
}

const lines = (...all: string[]): string =>
  [...all, `Host: localhost:${map.port}`, 'Connection: close', '', ''].join('\r\n');

it.each<[what: string, bytes: () => string, status: number, detail: string]>([
  ['no HTTP', () => '\x16\x03\x01\r\n\r\n', 400, 'This is no HTTP request.'],
  ['a target that is no URL', () => lines('GET // HTTP/1.1'), 400, 'This target is no URL.'],
  [
    'headers without end',
    () => lines('GET / HTTP/1.1', `X: ${'x'.repeat(20_000)}`),
    431,
    'The headers are too long.',
  ],
  ['no Host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'Host'],
  ['an expectation', () => lines('GET / HTTP/1.1', 'Expect: foo'), 417, 'Only 100-continue'],
  ['a proxy', () => lines('CONNECT localhost:80 HTTP/1.1'), 501, 'The map is no proxy.'],
])('%s', async (_, bytes, status, detail) => {
  const answer = await answerTo(bytes());
  expect(answer).toMatchObject({ status, type: 'application/problem+json' });
  expect(JSON.parse(answer.body)).toMatchObject({ status, detail: expect.stringMatching(detail) });
});

it('a body that comes in drops is waited for in all, not from drop to drop', async () => {
  const welcome = await fetch(map.url);
  const socket = connect(map.port, '127.0.0.1');
  const host = `localhost:${map.port}`;
  const head = {
    host,
    origin: `http://${host}`,
    cookie: welcome.headers.get('set-cookie')?.split(';')[0],
    'content-type': 'application/json',
    'content-length': 1_000,
  };
  const headLines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /undo HTTP/1.1\r\n${headLines.join('')}\r\n`);
  const drops = setInterval(() => socket.write(' '), 500);
  const answer = await text(socket);
  clearInterval(drops);
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*connection: close.*The request did not come to an end\./s);
}, 20_000);

it('HEAD asks whether one more page may listen, and does not', async () => {
  const welcome = await fetch(map.url);
  const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? '';
  const ask = () => fetch(`http://localhost:${map.port}/events`, { method: 'HEAD', headers: { cookie } });
  const statuses = new Set<number>();
  for (let i = 0; i < 50; i++) statuses.add((await ask()).status);
  expect(statuses).toEqual(new Set([200]));
});
