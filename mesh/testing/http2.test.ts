import http2 from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { answer, Http2Client, registryWith, startHttp2App } from './http2-world.ts';
import { open } from './raw.ts';
import { type App, atGateway, startApp, startWorld, toB, type World } from './test-world.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The service speaks HTTP/2. */
async function http2World(apps: App[], rules = '', name = 'grpc'): Promise<World> {
  const world = await startWorld(apps, rules, { registry: registryWith(apps, { name, number: 80 }) });
  closers.push(() => world.close());
  return world;
}

async function plainWorld(apps: App[], rules = ''): Promise<World> {
  const world = await startWorld(apps, rules);
  closers.push(() => world.close());
  return world;
}

function connect(url: string): Http2Client {
  const client = new Http2Client(url);
  closers.push(() => client.close());
  return client;
}

const byColor = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: b }
spec:
  hosts: [b]
  http:
    - { name: to-v2, match: [{ headers: { project-version: { exact: v2 } } }], route: [{ destination: { host: b, subset: v2 } }] }
    - { name: to-v1, route: [{ destination: { host: b, subset: v1 } }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: b }
spec: { host: b, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
`;

test('requests of one connection of HTTP/2 are decided one by one, with trailers both ways', async () => {
  const came: string[] = [];
  const app = (version: string) =>
    startHttp2App(version, (stream) => {
      stream.on('trailers', (trailers) => came.push(`${version} ${trailers['x-sent']}`));
      stream.on('end', () => answer(stream, version)).resume();
    });
  const world = await http2World([await app('v1'), await app('v2')], byColor);
  const client = connect(world.sidecar.proxyUrl);
  const call = (color: string) =>
    client.call({
      authority: 'b',
      method: 'POST',
      headers: { 'project-version': color },
      body: 'asked',
      trailers: { 'x-sent': color },
    });
  const answers = await Promise.all(['v1', 'v2', 'v3', 'v2'].map(call));
  expect(answers.map(({ body }) => body)).toEqual(['v1', 'v2', 'v1', 'v2']);
  expect(answers[1]).toMatchObject({ status: 200, trailers: { 'grpc-status': '0', 'x-behind': 'v2' } });
  expect(came.sort()).toEqual(['v1 v1', 'v1 v3', 'v2 v2', 'v2 v2']);
  expect(world.log.map(({ protocol, routeName }) => `${protocol} ${routeName}`).sort()).toEqual([
    'HTTP/2 to-v1',
    'HTTP/2 to-v1',
    'HTTP/2 to-v2',
    'HTTP/2 to-v2',
  ]);
});

test('a status that node cannot send over HTTP/2 is 502', async () => {
  const world = await plainWorld([await startApp('v1', (_, res) => res.writeHead(999).end('odd'))]);
  const reply = await connect(world.sidecar.proxyUrl).call({ authority: 'b' });
  expect(reply).toMatchObject({ status: 502, body: 'odd' });
  expect(world.log).toMatchObject([{ status: 999 }]);
});

test('what is sent on: the same headers, te: trailers among them, the pieces of a cookie as one', async () => {
  const app = await startHttp2App('v1');
  const world = await http2World([app]);
  const client = connect(world.mesh.gateway.url);
  const url = connect(world.sidecar.proxyUrl);
  await url.call({
    authority: 'b',
    path: '/x?y',
    headers: { te: 'trailers', cookie: ['a=1', 'b=2'], 'x-two': ['1', '2'] },
  });
  expect(app.streams[0]?.headers).toMatchObject({
    ':authority': 'b',
    ':path': '/x?y',
    ':method': 'GET',
    te: 'trailers',
    cookie: 'a=1; b=2',
    'x-two': '1, 2',
    'x-forwarded-proto': 'http',
  });
  expect((await client.call({ authority: 'nowhere' })).status).toBe(404);
});

test('a client of either version reaches an app of either version', async () => {
  const http2App = await startHttp2App('v2');
  const http1App = await startApp('v1', (req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => res.end(`${req.method} ${req.headers.host} ${req.httpVersion} ${body}`));
  });
  const toHttp2 = await http2World([http2App]);
  const toHttp1 = await plainWorld([http1App]);
  expect(await toHttp2.call('http://b/', { method: 'POST', body: 'x' })).toMatchObject({
    status: 200,
    body: 'v2',
  });
  const client = connect(toHttp1.sidecar.proxyUrl);
  expect(await client.call({ authority: 'b', method: 'POST', body: 'sent' })).toMatchObject({
    status: 200,
    body: 'POST b 1.1 sent',
  });
  expect(await client.call({ authority: 'b' })).toMatchObject({ body: 'GET b 1.1 ' });
  expect(await client.call({ authority: 'b', method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('gRPC is told of errors in its own way, and of a status that came without a body', async () => {
  const world = await http2World([
    await startHttp2App('v1', (stream) =>
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' },
        { endStream: true },
      ),
    ),
  ]);
  const client = connect(world.sidecar.proxyUrl);
  const grpc = { 'content-type': 'application/grpc' };
  const noRoute = await connect(world.mesh.gateway.url).call({ authority: 'x', headers: grpc, body: '' });
  expect(noRoute).toMatchObject({ status: 200, isWhole: true, headers: { 'grpc-status': '12' } });
  expect(noRoute.headers).not.toHaveProperty('content-length');
  expect(await client.call({ authority: 'b', headers: grpc, body: 'x' })).toMatchObject({
    status: 200,
    isWhole: true,
    headers: { 'grpc-status': '5' },
  });
  world.mesh.setRegistry(registryWith([], { name: 'grpc', number: 80 }));
  expect(await client.call({ authority: 'b', headers: grpc, body: 'x' })).toMatchObject({
    status: 200,
    isWhole: true,
    headers: {
      'grpc-status': '14',
      'grpc-message': 'no healthy upstream',
      'content-type': 'application/grpc',
    },
  });
});

test('a refused stream is tried again, a reset one is not; an answer that breaks off is reset', async () => {
  let refusals = 0;
  const world = await http2World([
    await startHttp2App('v1', (stream, headers) => {
      const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR } = http2.constants;
      if (headers[':path'] === '/refuse' && ++refusals < 2) stream.close(NGHTTP2_REFUSED_STREAM);
      else if (headers[':path'] === '/reset') stream.close(NGHTTP2_INTERNAL_ERROR);
      else if (headers[':path'] === '/break') {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.write('half', () => stream.close(NGHTTP2_INTERNAL_ERROR));
      } else answer(stream, 'v1');
    }),
  ]);
  const client = connect(world.sidecar.proxyUrl);
  expect(await client.call({ authority: 'b', path: '/refuse' })).toMatchObject({ status: 200, body: 'v1' });
  expect(refusals).toBe(2);
  expect(await client.call({ authority: 'b', path: '/reset' })).toMatchObject({
    status: 503,
    body: 'upstream connect error or disconnect/reset before headers. reset reason: remote reset',
  });
  const broken = await client.call({ authority: 'b', path: '/break' });
  expect(broken.reset).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
  expect(world.log.map(({ flags }) => flags.join())).toEqual(['', 'UR', 'UR']);
});

test('requests share a connection to the app, and a client that goes away ends its own only', async () => {
  const waiting: (() => void)[] = [];
  const app = await startHttp2App('v1', (stream) => waiting.push(() => answer(stream, 'v1')));
  const world = await http2World([app]);
  const client = connect(world.sidecar.proxyUrl);
  const calls = [1, 2, 3].map(() => client.call({ authority: 'b' }));
  const left = client.open({ authority: 'b' }, true);
  left.on('error', () => {});
  await expect.poll(() => app.streams.length).toBe(4);
  expect(new Set(app.streams.map(({ session }) => session)).size).toBe(1);
  const entry = world.nextEntry();
  left.close(http2.constants.NGHTTP2_CANCEL);
  expect(await entry).toMatchObject({ flags: ['DC'], status: 0 });
  for (const go of waiting) go();
  expect((await Promise.all(calls)).map(({ body }) => body)).toEqual(['v1', 'v1', 'v1']);
});

test('h2UpgradePolicy speaks HTTP/2 to any port, useClientProtocol what the client speaks', async () => {
  const policy = (http: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: b }
spec: { host: b, trafficPolicy: { connectionPool: { http: { ${http} } } } }
`;
  const upgraded = await http2World([await startHttp2App('v2')], policy('h2UpgradePolicy: UPGRADE'), 'http');
  expect(await upgraded.call('http://b/')).toMatchObject({ status: 200, body: 'v2' });
  const same = await http2World([await startHttp2App('v2')], policy('useClientProtocol: true'), 'http');
  expect(await connect(same.sidecar.proxyUrl).call({ authority: 'b' })).toMatchObject({ body: 'v2' });
  const both = await startApp('v1');
  const sameOld = await http2World([both], policy('useClientProtocol: true'), 'grpc');
  expect(await sameOld.call('http://b/')).toMatchObject({ status: 200, body: 'v1' });
});

test('HTTP/2 through a tunnel that CONNECT has opened, and not behind a request of HTTP/1.1', async () => {
  const { connect: tcp } = await import('node:net');
  const world = await http2World([await startHttp2App('v1')]);
  const port = Number(new URL(world.sidecar.proxyUrl).port);
  const socket = tcp(port, '127.0.0.1');
  socket.write('CONNECT b:80 HTTP/1.1\r\nhost: b:80\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  const session = http2.connect('http://b', { createConnection: () => socket });
  closers.push(() => session.destroy());
  const stream = session.request({ ':path': '/' });
  let body = '';
  for await (const chunk of stream) body += chunk;
  expect(body).toBe('v1');

  const mixed = tcp(port, '127.0.0.1');
  let text = '';
  mixed.on('data', (chunk) => {
    text += chunk;
  });
  mixed.write('GET http://x.invalid/ HTTP/1.1\r\nhost: x\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  await new Promise((resolve) => mixed.on('close', resolve));
  expect(text.match(/HTTP\/1.1 \d+/g)?.at(-1)).toBe('HTTP/1.1 400');
});

test.each([
  ['it has said that it speaks HTTP/2', '', ''],
  ['it has its answer', '\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01b', 'v1'],
  ['its request was refused', '\0\0\x01\x01\x05\0\0\0\x01\x82', '\0\0\x04\x03'],
])('a client that ends its connection when %s leaves none behind', async (_, request, answered) => {
  const world = await plainWorld([await startApp('v1')], atGateway(`- ${toB}`));
  const noSettings = '\0\0\0\x04\0\0\0\0\0';
  for (const url of [world.mesh.gateway.url, world.sidecar.proxyUrl]) {
    const socket = open(url, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${noSettings}${request}`);
    let came = '';
    socket.setEncoding('latin1').on('data', (text) => {
      came += text;
      if (came.includes(answered)) socket.end();
    });
    await expect.poll(() => socket.closed).toBe(true);
  }
});
