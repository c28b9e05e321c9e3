import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { listening } from '../testing/lane.ts';
import { readForward, startForward } from './forward.ts';

describe('what is given with --forward', () => {
  it.each([
    ['service-c:32000', 32_000, 'service-c', 32_000],
    ['8000:service-c:32000', 8_000, 'service-c', 32_000],
    ['0:c.ns.svc:80', 0, 'c.ns.svc', 80],
    ['5432:[fd00::1]:5432', 5_432, 'fd00::1', 5_432],
  ])('%s', (given, localPort, host, port) => {
    expect(readForward(given)).toEqual({ localPort, target: { host, port } });
  });

  it.each(['', 'service-c', ':80', 'service-c:', 'a:b:c', '70000:b:80', 'b:70000', 'b:0'])(
    'not %j',
    (given) => {
      expect(() => readForward(given)).toThrow('is not [LOCAL:]HOST:PORT');
    },
  );
});

it('carries each connection to its host, with half-close', async () => {
  const far = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.end(`got ${await text(socket)}`);
  });
  const farPort = await listening(far);
  const asked: [string, number][] = [];
  const forward = await startForward({ localPort: 0, target: { host: 'c', port: 1 } }, async (host, port) => {
    asked.push([host, port]);
    return connect({ port: farPort, host: '127.0.0.1', allowHalfOpen: true });
  });
  const socket = connect({ port: forward.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('all of it');
  expect(await text(socket)).toBe('got all of it');
  expect(asked).toEqual([['c', 1]]);
  await forward.close();
  far.close();
});

it('breaks off a connection that cannot be carried, and says why', async () => {
  const said: string[] = [];
  const forward = await startForward(
    { localPort: 0, target: { host: 'c', port: 1 } },
    () => Promise.reject(new Error('not now')),
    (why) => said.push(why),
  );
  const socket = connect({ port: forward.port, host: '127.0.0.1' });
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  expect(said).toEqual(['c:1: not now']);
  await forward.close();
});

it("a request of HTTP gets the other end's name in its Host, on each of a connection", async () => {
  const hosts: unknown[] = [];
  const far = createHttpServer((req, res) => {
    hosts.push(req.headers.host);
    req.pipe(res);
  });
  const farPort = await listening(far);
  const forward = await startForward({ localPort: 0, target: { host: 'c', port: 32_000 } }, async () =>
    connect({ port: farPort, host: '127.0.0.1' }),
  );
  const client = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const body of ['one', 'two']) {
    const req = request({ port: forward.port, method: 'POST', path: '/x', agent: client });
    req.end(body);
    const [response] = await once(req, 'response');
    expect(await text(response)).toBe(body);
  }
  expect(hosts).toEqual(['c:32000', 'c:32000']);
  client.destroy();
  await forward.close();
  far.close();
});

it('lets the other end speak first', async () => {
  const far = createServer((socket) => socket.end('220 ready'));
  const farPort = await listening(far);
  const forward = await startForward({ localPort: 0, target: { host: 'c', port: 1 } }, async () =>
    connect({ port: farPort, host: '127.0.0.1' }),
  );
  expect(await text(connect({ port: forward.port, host: '127.0.0.1' }))).toBe('220 ready');
  await forward.close();
  far.close();
});
