/** What must not end the mesh, or fill it: loops, defects of its own, mirrors that do not read, times without end. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { formatAccessLog } from '../proxy/access-log.ts';
import { answersTo, open, statusesOf } from './raw.ts';
import { atGateway, startApp, startWorld, toB, virtualService, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

describe('a request that goes round in the mesh ends with 508', () => {
  const get = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

  it('at a sidecar that it sends to itself', async () => {
    world = await startWorld([], '');
    const { host } = new URL(world.sidecar.proxyUrl);
    for (const name of [host, host.replace('127.0.0.1', 'localhost')]) {
      expect(await answersTo(world.sidecar.proxyUrl, get(name))).toMatch(/^HTTP\/1\.1 508 [\s\S]*goes round/);
    }
    expect(world.log.map(({ details }) => details)).toContain('loop_detected');
    expect(world.log.length).toBeLessThan(20);
  });

  it('at a client without sidecar, also by CONNECT', async () => {
    world = await startWorld([], '');
    const plain = await world.mesh.plainClient('test');
    const { host } = new URL(plain.proxyUrl);
    expect(await statusesOf(plain.proxyUrl, get(host))).toEqual([508]);
    expect(await statusesOf(plain.proxyUrl, `CONNECT ${host} HTTP/1.1\r\n\r\n`)).toEqual([508]);
    await plain.close();
  });

  it('through a rule, mirrors included', async () => {
    const entry = (port: string) => `
kind: ServiceEntry
apiVersion: networking.istio.io/v1
metadata: { name: round }
spec:
  hosts: [round.test]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
---
kind: VirtualService
apiVersion: networking.istio.io/v1
metadata: { name: round }
spec:
  hosts: [round.test]
  http: [{ route: [{ destination: { host: round.test } }], mirror: { host: round.test } }]
`;
    const { createServer } = await import('node:net');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    world = await startWorld([], entry(String(port)));
    const round = await world.mesh.sidecar({ name: 'round', namespace: 'test', labels: {}, port });
    expect(await statusesOf(round.proxyUrl, get('round.test'))).toEqual([508]);
    // Each of five proxies sends two.
    await expect.poll(() => world.mesh.stats().active).toBe(0);
    expect(world.log.length).toBeLessThan(2 ** 7);
  });

  it('but the gateway may be called through a sidecar, and the app sees no count', async () => {
    world = await startWorld([await startApp('v1')], atGateway(`- ${toB}`));
    expect(await statusesOf(world.sidecar.proxyUrl, get(new URL(world.mesh.gateway.url).host))).toEqual([
      200,
    ]);
    expect(world.apps[0]?.seen[0]?.rawHeaders.join()).not.toContain('hops');
  });
});

describe('a defect of the mesh ends the request that meets it, with its stack in the log', () => {
  const broken = () => {
    throw new Error('no luck');
  };
  const split = virtualService(
    '- { route: [{ destination: { host: b }, weight: 50 }, { destination: { host: b, subset: x }, weight: 50 }] }',
  );
  const retried = virtualService(`- { ${toB}, retries: { attempts: 2, retryOn: 5xx } }`);

  it.each([
    ['while it decides', split],
    ['when the upstream has answered', retried],
  ])('%s', async (_, yaml) => {
    const app = await startApp('v1', (_, res) => res.writeHead(500).end());
    let draws = 0;
    // Of load balancing, which is asked first where there is nothing to decide.
    const random = () => (yaml === retried && draws++ === 0 ? 0 : broken());
    world = await startWorld([app], yaml, { random });
    const entry = world.nextEntry();
    expect(await world.call('http://b/')).toMatchObject({
      status: 500,
      body: expect.stringContaining('defect'),
    });
    expect(formatAccessLog(await entry)).toMatch(/ 500 - defect [\s\S]*\nError: no luck\n +at /);
  });
});

it('a mirror that does not read is given up, and holds nobody up', async () => {
  let mirrored: IncomingMessage | undefined;
  const lazy = await startApp('lazy', (req) => {
    mirrored = req;
  });
  const eager = await startApp('eager', async (req, res) => {
    let bytes = 0;
    for await (const chunk of req) bytes += chunk.length;
    res.end(String(bytes));
  });
  world = await startWorld(
    [eager, lazy],
    `
kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: { name: b }
spec:
  host: b
  subsets: [{ name: eager, labels: { version: eager } }, { name: lazy, labels: { version: lazy } }]
---${virtualService('- { route: [{ destination: { host: b, subset: eager } }], mirror: { host: b, subset: lazy } }')}`,
  );
  const body = Buffer.alloc(24 * 1024 * 1024);
  const answer = await world.call('http://b/', { method: 'POST', body });
  expect(answer).toMatchObject({ status: 200, body: String(body.length) });
  // Of what was sent it gets the part that the system holds, and then the end of the connection.
  mirrored?.on('error', () => {}).resume();
  await expect.poll(() => mirrored?.destroyed, { timeout: 10_000 }).toBe(true);
  expect(mirrored?.complete).toBe(false);
});

describe('times of more than 24 days', () => {
  const slow = () => startApp('v1', (_, res) => setTimeout(() => res.end('v1'), 50));

  it('are not over at once', async () => {
    world = await startWorld(
      [await slow()],
      virtualService(`- { ${toB}, timeout: 600h, retries: { attempts: 1, perTryTimeout: 599h } }`),
    );
    expect(await world.call('http://b/')).toMatchObject({ status: 200 });
    expect(world.apps[0]?.seen).toHaveLength(1);
  });

  it('hold a request as long as it waits', async () => {
    const fault = 'fault: { delay: { fixedDelay: 600h, percentage: { value: 100 } } }';
    world = await startWorld([await slow()], virtualService(`- { ${toB}, ${fault} }`));
    const answered = statusesOf(world.sidecar.proxyUrl, 'GET / HTTP/1.1\r\nHost: b\r\n\r\n');
    await expect.poll(() => world.mesh.stats().active).toBe(1);
    expect(await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])).toBe(
      'waits',
    );
  });
});

it('an answer before the end of a body leaves the connection fit for the next request', async () => {
  const hasty = await startApp('v1', (req, res) => {
    res.end(req.method);
  });
  world = await startWorld([hasty], '');
  const size = 3_000_000;
  const post = `POST / HTTP/1.1\r\nHost: b\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`;
  const bytes = `${post}GET / HTTP/1.1\r\nHost: b\r\n\r\n`;
  expect(await statusesOf(world.sidecar.proxyUrl, bytes, 2)).toEqual([200, 200]);
});

it('a client without sidecar that leaves while its body waits leaves no connection behind', async () => {
  const hasty = await startApp('v1', (req, res) => {
    res.writeHead(413, { connection: 'close' }).end();
    req.socket.destroySoon();
  });
  world = await startWorld([hasty], '');
  const plain = await world.mesh.plainClient('test');
  const post = `POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 3000000\r\n\r\n${'x'.repeat(2_000_000)}`;
  const socket = open(plain.proxyUrl, post);
  const closed = once(socket, 'close');
  socket.once('data', () => socket.end());
  await closed;
  await plain.close();
});
