/** Requests that no client should send. What is expected was seen at Envoy 1.39 with the listeners that Istio makes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatAccessLog } from '../proxy/access-log.ts';
import { answersTo, open, statusesOf } from './raw.ts';
import { refused } from './refused.ts';
import { atGateway, startApp, startWorld, toB, type World } from './test-world.ts';

let world: World;
beforeAll(async () => {
  const app = await startApp('v1', (req, res) => {
    req.resume().on('end', () => res.end(`${req.method} ${req.headers.host}${req.url}`));
  });
  world = await startWorld([app], atGateway(`- ${toB}`));
});
afterAll(() => world.close());

const head = (line: string, ...headers: string[]) => `${[line, ...headers].join('\r\n')}\r\n\r\n`;
const get = (...headers: string[]) => head('GET / HTTP/1.1', ...headers);
const upgrade = (protocol: string) => get('Host: b', 'Connection: Upgrade', `Upgrade: ${protocol}`);

describe('what cannot be read, or goes nowhere', () => {
  it.each(refused)('%j: %i', async (bytes, status) => {
    for (const url of [world.mesh.gateway.url, world.sidecar.proxyUrl]) {
      expect(await statusesOf(url, bytes)).toEqual([status]);
    }
  });
});

describe('at the gateway', () => {
  const text = (bytes: string) =>
    answersTo(
      world.mesh.gateway.url,
      bytes,
      (text) => text.includes('\r\n\r\n') && !text.endsWith('\r\n\r\n'),
    );

  it.each(['localhost:', 'a:99999', 'a:b', 'a:80:80', '%', '[::1', '@', '*', '..', "a'b", 'a,b', ''])(
    'Host %j is one like others',
    async (host) => {
      expect(await text(get(`Host: ${host}`))).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it('two Hosts are one, with a comma', async () =>
    expect(await text(get('Host: a', 'Host: b'))).toMatch(/GET a,b\/$/));

  it('the URL says the host', async () =>
    expect(await text(head('GET http://y/z HTTP/1.1', 'Host: b'))).toMatch(/GET y\/z$/));

  it.each(['a b', 'a/b', '<', 'a|b', '\xe4'])('the URL says the host, whatever Host is: %j', async (host) =>
    expect(await text(head('GET http://y/z HTTP/1.1', `Host: ${host}`))).toMatch(/GET y\/z$/),
  );

  it.each(['@b', 'u:p@b:80', '%41@b', 'b:080', 'b:65535', '[1.2.3.4]', '[::1]:80', '1.2.3.4.5', '..', '-'])(
    'a URL may name %j',
    async (authority) => {
      const bytes = head(`GET http://${authority}/z HTTP/1.1`, 'Host: b');
      expect(await text(bytes)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each(['a_b', 'a~b', 'a,b', '*', 'a@b@c', 'b:65536', '[]', '[xyz]', '[fe80::1%25e]', '[::1]x', 'a]b'])(
    'a URL may not name %j',
    async (authority) => {
      const bytes = head(`GET http://${authority}/ HTTP/1.1`, 'Host: b');
      expect(await statusesOf(world.mesh.gateway.url, bytes)).toEqual([400]);
    },
  );

  it.each([
    ['b:80', 404],
    ['b/c', 400],
    ['/', 400],
  ])('no route takes CONNECT %s', async (to, status) => {
    const bytes = head(`CONNECT ${to} HTTP/1.1`, 'Host: b');
    expect(await statusesOf(world.mesh.gateway.url, bytes)).toEqual([status]);
  });
});

describe('at a sidecar, or without one', () => {
  const odd = ['a:99999', 'a:b', 'a:80:80', '%', '%41', '[::1', '@', '1.2.3.4.5', ''];

  it.each(odd)('Host %j is no address', async (host) => {
    const plain = await world.mesh.plainClient('test');
    for (const url of [world.sidecar.proxyUrl, plain.proxyUrl]) {
      expect(await statusesOf(url, get(`Host: ${host}`))).toEqual([400]);
      if (host) expect(await statusesOf(url, head(`CONNECT ${host} HTTP/1.1`))).toEqual([400]);
    }
    await plain.close();
  });

  it.each(['localhost:', 'b:080', '127.1:1', '[::1]:1'])('Host %j is one', async (host) =>
    expect(await statusesOf(world.sidecar.proxyUrl, get(`Host: ${host}`))).not.toContain(400),
  );
});

describe('requests that are sent without waiting for answers', () => {
  it('are served in turn, over few connections to the app', async () => {
    const app = world.apps[0] as World['apps'][number];
    const before = app.seen.length;
    const count = 500;
    const bytes = Array.from({ length: count }, (_, i) => head(`GET /${i} HTTP/1.1`, 'Host: b')).join('');
    const text = await answersTo(world.sidecar.proxyUrl, bytes, (text) => text.endsWith(`b/${count - 1}`));
    expect([...text.matchAll(/GET b\/(\d+)/g)].map(([, i]) => Number(i))).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    const sockets = app.seen.slice(before).map(({ socket }) => socket);
    expect(sockets).toHaveLength(count);
    expect(new Set(sockets).size).toBeLessThan(4);
  });

  it.each([
    [upgrade('foo'), [200, 403]],
    [upgrade('websocket'), [200, 200]],
    [`${upgrade('h2c')}${get('Host: b')}`, [200, 200, 200]],
    [head('CONNECT b/c HTTP/1.1'), [200, 400]],
    ['BAD\r\n\r\n', [200, 400]],
  ])('and then %j', async (bytes, expected) => {
    for (const url of [world.mesh.gateway.url, world.sidecar.proxyUrl]) {
      const first = head('GET /first HTTP/1.1', 'Host: b');
      expect(await statusesOf(url, first + bytes, expected.length)).toEqual(expected);
    }
  });

  it('a connection offers h2c as often as it likes', async () => {
    const bytes = upgrade('h2c').repeat(100);
    expect(await statusesOf(world.mesh.gateway.url, bytes, 100)).toEqual(Array(100).fill(200));
  });

  it('h2c is dropped from a request with a body', async () => {
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'];
    const bytes = `${head('POST /x HTTP/1.1', 'Host: b', ...offer, 'Content-Length: 3')}abc`;
    expect(await answersTo(world.mesh.gateway.url, bytes, (text) => text.endsWith('/x'))).toMatch(
      /^HTTP\/1\.1 200 [\s\S]*POST b\/x$/,
    );
  });
});

it.each([
  ['a refused upgrade', upgrade('foo')],
  ['an ignored upgrade', upgrade('websocket')],
  ['what cannot be read', 'BAD\r\n\r\n'],
])('%s leaves no connection open, whatever the client sends behind it', async (_, bytes) => {
  const socket = open(world.mesh.gateway.url, bytes);
  socket.once('data', () => socket.write('x'));
  await new Promise((resolve) => socket.resume().once('close', resolve));
});

it('what cannot be read is in the log', async () => {
  const entry = world.nextEntry();
  await statusesOf(world.mesh.gateway.url, 'BAD\r\n\r\n');
  expect(formatAccessLog(await entry)).toMatch(/"- - HTTP\/1.1" 400 DPE http1.codec_error - "-" 0 11 /);
});
