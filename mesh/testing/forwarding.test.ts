import { once } from 'node:events';
import { connect } from 'node:net';
import { ProxyAgent, request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { formatAccessLog } from '../proxy/access-log.ts';
import { atGateway, startApp, startWorld, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const gateway = atGateway(`
    - { match: [{ uri: { prefix: /old } }], redirect: { uri: /new, redirectCode: 302 } }
    - { match: [{ uri: { exact: /teapot } }], directResponse: { status: 418, body: { string: short and stout } } }
    - name: to-b
      match: [{ uri: { prefix: /b/ } }]
      rewrite: { uri: /, authority: b.example }
      headers:
        request: { set: { x-set: route }, add: { x-add: more }, remove: [x-gone] }
        response: { set: { x-from: mesh }, remove: [x-secret] }
      route: [{ destination: { host: b } }]
`);

test('a sidecar takes absolute-form requests and the service answers', async () => {
  world = await startWorld([await startApp('v1')], '');
  expect(await world.call('http://b/x?y=1')).toMatchObject({ status: 200, body: 'v1' });
  expect(await world.call('http://b.test.svc.cluster.local:80/')).toMatchObject({ status: 200, body: 'v1' });
  expect(world.apps[0]?.seen.map(({ url }) => url)).toEqual(['/x?y=1', '/']);
});

test('a sidecar takes origin-form requests by their Host', async () => {
  world = await startWorld([await startApp('v1')], '');
  const { proxyUrl } = world.sidecar;
  const { body, statusCode } = await request(`${proxyUrl}/x`, { headers: { host: 'b' } });
  expect([statusCode, await body.text()]).toEqual([200, 'v1']);
});

test.each([true, false])('undici reaches a service through a sidecar (tunnel: %s)', async (proxyTunnel) => {
  world = await startWorld([await startApp('v1')], '');
  const dispatcher = new ProxyAgent({ uri: world.sidecar.proxyUrl, proxyTunnel });
  for (let i = 0; i < 3; i++) {
    const { statusCode, body } = await request('http://b/x', { dispatcher });
    expect([statusCode, await body.text()]).toEqual([200, 'v1']);
  }
  await dispatcher.close();
  expect(world.log.at(-1)).toMatchObject({ upstreamCluster: 'outbound|80||b.test.svc.cluster.local' });
});

test('a tunnel for https is refused in words', async () => {
  world = await startWorld([], '');
  const socket = connect(Number(new URL(world.sidecar.proxyUrl).port), '127.0.0.1');
  socket.end('CONNECT b:443 HTTP/1.1\r\nhost: b:443\r\n\r\n');
  expect(await textOf(socket)).toMatch(
    /^HTTP\/1\.1 501 [\s\S]*https: not run by the local mesh; use a cluster/,
  );
});

test('the gateway rewrites, changes headers and says who the client is', async () => {
  const app = await startApp('v1', (_req, res) => {
    res.setHeader('x-secret', '1');
    res.setHeader('server', 'app');
    res.end('ok');
  });
  world = await startWorld([app], gateway);
  const headers = {
    host: 'shop',
    'x-gone': '1',
    'x-add': 'first',
    'x-set': 'client',
    'x-forwarded-for': '9.9.9.9',
  };
  const answer = await world.enter('/b/x?q=1', { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ 'x-from': 'mesh', server: 'istio-envoy' });
  expect(answer.headers).toHaveProperty('x-envoy-upstream-service-time', expect.stringMatching(/^\d+$/));
  expect(answer.headers).not.toHaveProperty('x-secret');
  const [seen] = app.seen;
  expect(seen?.url).toBe('/x?q=1');
  expect(seen?.headers).toMatchObject({
    host: 'b.example',
    'x-set': 'route',
    'x-add': 'first, more',
    'x-forwarded-for': '9.9.9.9,127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-envoy-attempt-count': '1',
    'x-envoy-original-path': '/b/x?q=1',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(seen?.headers).not.toHaveProperty('x-gone');
});

test('a request id of an app stays, one of a client at the gateway is replaced', async () => {
  world = await startWorld([await startApp('v1')], gateway);
  await world.call('http://b/', { headers: { 'x-request-id': 'mine' } });
  await world.enter('/b/', { headers: { 'x-request-id': 'mine' } });
  const [inside, outside] = world.apps[0]?.seen.map(({ headers }) => headers['x-request-id']) ?? [];
  expect(inside).toBe('mine');
  expect(outside).toMatch(/^[0-9a-f-]{36}$/);
  expect(world.log.map(({ requestId }) => requestId)).toEqual([inside, outside]);
});

test('a sidecar adds no address of its own', async () => {
  world = await startWorld([await startApp('v1')], '');
  await world.call('http://b/', { headers: { host: 'b' } });
  const headers = world.apps[0]?.seen[0]?.headers;
  expect(headers).not.toHaveProperty('x-forwarded-for');
  expect(headers).toMatchObject({ 'x-forwarded-proto': 'http' });
});

test('headers of the connection are not handed on, in either direction', async () => {
  const app = await startApp('v1', (_req, res) => {
    res.writeHead(200, { connection: 'keep-alive', 'keep-alive': 'timeout=1', 'x-end': '1' }).end();
  });
  world = await startWorld([app], '');
  const headers = {
    host: 'b',
    connection: 'keep-alive, x-mine',
    'x-mine': '1',
    'proxy-connection': 'keep-alive',
  };
  const answer = await world.call('http://b/', { headers });
  expect(app.seen[0]?.headers).not.toHaveProperty('x-mine');
  expect(app.seen[0]?.headers).not.toHaveProperty('proxy-connection');
  expect(answer.headers).not.toHaveProperty('keep-alive');
  expect(answer.headers).toHaveProperty('x-end');
});

test('redirects and direct answers come from the gateway', async () => {
  world = await startWorld([], gateway);
  const moved = await world.enter('/old/x', { headers: { host: 'shop' } });
  expect([moved.status, moved.headers.location, moved.body]).toEqual([302, 'http://shop/new', '']);
  const teapot = await world.enter('/teapot');
  expect([teapot.status, teapot.body, teapot.headers['content-type']]).toEqual([
    418,
    'short and stout',
    'text/plain',
  ]);
});

test('bodies stream both ways', async () => {
  const app = await startApp('v1', (req, res) => {
    res.writeHead(200);
    req.pipe(res);
  });
  world = await startWorld([app], '');
  const body = Buffer.alloc(3_000_000, 'x');
  const answer = await world.call('http://b/', { method: 'POST', body, headers: { host: 'b' } });
  expect(answer.body.length).toBe(body.length);
  expect(world.log[0]).toMatchObject({ bytesReceived: body.length, bytesSent: body.length });
});

test('the head of an answer does not wait for its body', async () => {
  let finish = () => {};
  const app = await startApp('v1', (_req, res) => {
    res.write('first');
    finish = () => res.end('last');
  });
  world = await startWorld([app], '');
  const { body } = await request(`${world.sidecar.proxyUrl}/`, { headers: { host: 'b' } });
  const chunks = body[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe('first');
  finish();
  expect(String((await chunks.next()).value)).toBe('last');
});

test('dot segments are resolved before rules see them', async () => {
  world = await startWorld([await startApp('v1')], '');
  await world.call('http://b/', { headers: { host: 'b' } });
  const { proxyUrl } = world.sidecar;
  const socket = connect(Number(new URL(proxyUrl).port), '127.0.0.1');
  socket.end('GET /public/../admin?x=.. HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n');
  await textOf(socket);
  expect(world.apps[0]?.seen.at(-1)?.url).toBe('/admin?x=..');
});

test('WebSocket goes through, other protocols do not', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], '');
  const upgrade = (protocol: string) => {
    const socket = connect(Number(new URL(world.sidecar.proxyUrl).port), '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nhost: b\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\n\r\n`);
    return socket;
  };
  const other = upgrade('other');
  expect(await textOf(other)).toMatch(/^HTTP\/1\.1 403 /);
  // This app does not speak WebSocket: it answers as ever.
  const refused = upgrade('websocket');
  expect(await textOf(refused)).toMatch(/^HTTP\/1\.1 200 [\s\S]*v1/);
});

test('a WebSocket carries bytes both ways once the app agrees', async () => {
  const { createServer } = await import('node:http');
  const server = createServer();
  server.on('upgrade', (_req, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-app: 1\r\n\r\n',
    );
    socket.on('data', (data) => socket.end(`echo ${data}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as { port: number };
  const endpoint = { name: 'ws', address: '127.0.0.1', port: address.port, labels: {}, ready: true };
  const close = async () => void server.close();
  world = await startWorld([{ endpoint, seen: [], close }], '');
  const socket = connect(Number(new URL(world.sidecar.proxyUrl).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: b\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  const [head] = await once(socket, 'data');
  expect(String(head)).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*x-app: 1/);
  socket.write('hello');
  expect(await textOf(socket)).toBe('echo hello');
});

test('the mesh closes though a tunnel is open', async () => {
  world = await startWorld([], '');
  const socket = connect(Number(new URL(world.sidecar.proxyUrl).port), '127.0.0.1');
  socket.write('CONNECT b:80 HTTP/1.1\r\nhost: b:80\r\n\r\n');
  await once(socket, 'data');
  await world.mesh.close();
  expect(await textOf(socket)).toBe('');
});

test('without a mesh, names resolve and no rule has a say', async () => {
  world = await startWorld([await startApp('v1'), await startApp('v2')], '');
  const plain = await world.mesh.plainClient('test');
  const answers = [];
  for (let i = 0; i < 4; i++) {
    const { body } = await request(`${plain.proxyUrl}/`, { headers: { host: 'b' } });
    answers.push(await body.text());
  }
  expect(answers.toSorted()).toEqual(['v1', 'v1', 'v2', 'v2']);
  expect(world.apps[0]?.seen[0]?.headers).not.toHaveProperty('x-request-id');
  expect(world.log).toEqual([]);
  await plain.close();
});

test.each([
  ['GET', 304],
  ['HEAD', 200],
])('an answer to %s with %i may say the length of a body that it does not have', async (method, status) => {
  const app = await startApp('v1', (_, res) =>
    res.writeHead(status, { 'content-length': '5', etag: '"x"' }).end(),
  );
  world = await startWorld([app], '');
  const answer = await world.call('http://b/', { method });
  expect(answer).toMatchObject({ status, body: '', headers: { 'content-length': '5', etag: '"x"' } });
  expect(world.log[0]).toMatchObject({ status, flags: [], details: 'via_upstream' });
});

test('the access log tells who decided', async () => {
  world = await startWorld([await startApp('v1')], gateway);
  await world.enter('/b/x', { headers: { host: 'shop' } });
  expect(world.log[0]).toMatchObject({
    proxy: 'gateway',
    method: 'GET',
    path: '/b/x',
    authority: 'shop',
    status: 200,
    flags: [],
    endpoint: 'v1',
    routeName: 'to-b',
    rule: { file: 'rules.yaml', line: 19 },
    attempts: 1,
  });
  const entry = world.log[0];
  if (!entry) throw new Error('no entry');
  expect(formatAccessLog(entry)).toMatch(
    /^\[.*Z\] "GET \/b\/x HTTP\/1\.1" 200 - via_upstream - "-" 0 2 \d+ \d+ "127\.0\.0\.1"/,
  );
});

async function textOf(socket: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}
