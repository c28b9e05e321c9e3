import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { type App, startApp, startWorld, toB, virtualService, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const connectError = 'upstream connect error or disconnect/reset before headers.';

/** A service `b` by one route without retries, so that each failure is seen as it is. */
const oneRoute = (more = '') => virtualService(`- { name: to-b, retries: { attempts: 0 }, ${toB}${more} }`);

/** A TCP server that does with each connection as told. */
async function startSocketApp(onData: (socket: import('node:net').Socket) => void): Promise<App> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => onData(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { name: 'raw', address: '127.0.0.1', port, labels: {}, ready: true },
    seen: [],
    close: async () => void server.close(),
  };
}

async function startClosedApp(): Promise<App> {
  const app = await startApp('closed');
  await app.close();
  return { ...app, close: async () => {} };
}

test('no ready endpoint: 503 UH', async () => {
  const app = await startApp('v1');
  world = await startWorld([{ ...app, endpoint: { ...app.endpoint, ready: false } }], oneRoute());
  expect(await world.call('http://b/')).toMatchObject({ status: 503, body: 'no healthy upstream' });
  expect(world.log[0]).toMatchObject({ flags: ['UH'], details: 'no_healthy_upstream', attempts: 0 });
  expect(app.seen).toEqual([]);
});

test('a subset that no DestinationRule has: 503 NC, no body', async () => {
  const yaml = oneRoute().replace('host: b }', 'host: b, subset: v9 }');
  world = await startWorld([await startApp('v1')], yaml);
  expect(await world.call('http://b/')).toMatchObject({ status: 503, body: '' });
  expect(world.log[0]).toMatchObject({ flags: ['NC'], details: 'cluster_not_found' });
});

test('no route: 404 NR, no body', async () => {
  world = await startWorld(
    [await startApp('v1')],
    oneRoute().replace('name: to-b', 'match: [{ uri: { exact: /x } }]'),
  );
  expect(await world.call('http://b/y')).toMatchObject({ status: 404, body: '' });
  expect(world.log[0]).toMatchObject({ flags: ['NR'], details: 'route_not_found' });
});

test('connection refused: 503 UF', async () => {
  world = await startWorld([await startClosedApp()], oneRoute());
  const answer = await world.call('http://b/');
  expect(answer).toMatchObject({
    status: 503,
    body: `${connectError} reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused`,
  });
  expect(answer.headers).toMatchObject({ server: 'envoy', 'content-type': 'text/plain' });
  expect(world.log[0]).toMatchObject({
    flags: ['UF'],
    attempts: 1,
    transportFailure: 'delayed connect error: Connection refused',
  });
});

test('connection refused under the default policy: two retries, 503 URX,UF', async () => {
  world = await startWorld([await startClosedApp()], '');
  expect((await world.call('http://b/')).body).toMatch(
    `${connectError} retried and the latest reset reason: remote connection failure`,
  );
  expect(world.log[0]).toMatchObject({ flags: ['URX', 'UF'], attempts: 3 });
});

test.each([
  ['closed before an answer', (socket: import('node:net').Socket) => socket.end()],
  ['reset before an answer', (socket: import('node:net').Socket) => socket.resetAndDestroy()],
])('a connection %s: 503 UC', async (_, misbehave) => {
  world = await startWorld([await startSocketApp(misbehave)], oneRoute());
  expect(await world.call('http://b/')).toMatchObject({
    status: 503,
    body: `${connectError} reset reason: connection termination`,
  });
  expect(world.log[0]).toMatchObject({ flags: ['UC'], attempts: 1 });
});

test('an answer that is no HTTP: 502 UPE', async () => {
  world = await startWorld([await startSocketApp((socket) => socket.end('hello\r\n\r\n'))], oneRoute());
  expect(await world.call('http://b/')).toMatchObject({
    status: 502,
    body: `${connectError} reset reason: protocol error`,
  });
  expect(world.log[0]?.flags).toEqual(['UPE']);
});

test('a connection closed within the body: the client sees it cut', async () => {
  const app = await startSocketApp((socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
  );
  world = await startWorld([app], oneRoute());
  await expect(world.call('http://b/')).rejects.toThrow('aborted');
  expect(world.log[0]).toMatchObject({ status: 200, flags: ['UC'] });
});

test('an upstream that is too slow: 504 UT, at the configured time', async () => {
  const app = await startApp('slow', () => {});
  world = await startWorld([app], oneRoute(', timeout: 500ms'));
  expect(await world.call('http://b/')).toMatchObject({ status: 504, body: 'upstream request timeout' });
  const [entry] = world.log;
  expect(entry).toMatchObject({ flags: ['UT'], details: 'response_timeout' });
  expect(entry?.durationMs).toBeGreaterThanOrEqual(499);
  expect(app.seen[0]?.headers['x-envoy-expected-rq-timeout-ms']).toBe('500');
});

test('an answer that begins in time and does not end: cut at the configured time', async () => {
  world = await startWorld(
    [await startApp('slow', (_req, res) => res.write('half'))],
    oneRoute(', timeout: 500ms'),
  );
  await expect(world.call('http://b/')).rejects.toThrow('aborted');
  expect(world.log[0]).toMatchObject({ status: 200, flags: ['UT'] });
});

test('a client that leaves: its request ends upstream, DC', async () => {
  let gone: (value: unknown) => void = () => {};
  const ended = new Promise((resolve) => {
    gone = resolve;
  });
  const app = await startApp('slow', (_req, res) => res.on('close', gone));
  world = await startWorld([app], oneRoute());
  const leave = new AbortController();
  const entry = world.nextEntry();
  const call = request(`${world.sidecar.proxyUrl}/`, { headers: { host: 'b' }, signal: leave.signal });
  await expect.poll(() => app.seen.length).toBe(1);
  leave.abort();
  await expect(call).rejects.toThrow();
  expect(await entry).toMatchObject({ status: 0, flags: ['DC'], details: 'downstream_remote_disconnect' });
  await ended;
});

test.each([
  [
    'HTTP/1.0',
    'GET / HTTP/1.0\r\n\r\n',
    /^HTTP\/1\.1 426 Upgrade Required\r\n[\s\S]*\r\n\r\nUpgrade Required$/,
  ],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*content-length: 0\r\n/],
  ['no HTTP', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\n\r\nBad Request$/],
  [
    'too large a head',
    `GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/,
  ],
  ['too many headers', `GET / HTTP/1.1\r\nhost: b\r\n${'x: 1\r\n'.repeat(101)}\r\n`, /^HTTP\/1\.1 431 /],
])('%s is refused, and the connection closed', async (_, text, expected) => {
  world = await startWorld([await startApp('v1')], '');
  const socket = connect(world.mesh.gateway.port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  expect(answer).toMatch(expected);
  expect(answer).toMatch(/server: istio-envoy/);
  expect(answer).toMatch(/connection: close/i);
});

test('an answer with a fault of its own passes unchanged', async () => {
  const app = await startApp('broken', (_req, res) => void res.writeHead(503).end('mine'));
  world = await startWorld([app], '');
  expect(await world.call('http://b/')).toMatchObject({ status: 503, body: 'mine' });
  expect(world.log[0]).toMatchObject({ flags: [], details: 'via_upstream', attempts: 1 });
});
