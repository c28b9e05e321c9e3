/** The proxy in front of a lane whose pod is a process of this computer, so that `localhost` is a host of the cluster. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { proxyEnvironment } from '../../lanes/environment.ts';
import { startTestLane, type TestLane } from '../testing/lane.ts';
import { type HttpProxy, startHttpProxy } from './http-proxy.ts';

let lane: TestLane;
let proxy: HttpProxy;
let carried: string[] = [];
let handle: (req: IncomingMessage, res: ServerResponse) => void;
const far = createServer((req, res) => handle(req, res));
let port: number;

beforeAll(async () => {
  far.listen(0, 'localhost');
  await once(far, 'listening');
  ({ port } = far.address() as AddressInfo);
  lane = await startTestLane(port);
  await lane.ready();
  proxy = await startHttpProxy({
    openConnection: (host, to) => {
      carried.push(`${host}:${to}`);
      return lane.computer.openConnection(host === 'service-b' ? 'localhost' : host, to);
    },
    isOfCluster: async (host) => host !== 'localhost',
  });
});
afterAll(async () => {
  await proxy.close();
  await lane[Symbol.asyncDispose]();
  far.closeAllConnections();
  far.close();
});
beforeEach(() => {
  carried = [];
  handle = (_, res) => res.end('far');
});

interface AskOptions {
  method?: string;
  headers?: readonly string[];
  body?: string;
  /** Default: the proxy of all tests. */
  through?: HttpProxy;
}

const asked = (path: string, options: AskOptions = {}) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const { method = 'GET', headers = ['Host', `service-b:${port}`], body, through = proxy } = options;
    const { hostname, port: proxyPort } = new URL(through.url);
    request({ hostname, port: proxyPort, path, method, headers, setHost: false }, resolve)
      .on('error', reject)
      .end(body);
  });

it('reaches a host of the cluster through the pod, with method, path, query, headers and body as they came', async () => {
  handle = async (req, res) => {
    res.setHeader('x-seen', `${req.method} ${req.url} ${req.headers.host} ${req.headers['project-version']}`);
    res.end(`${await text(req)}!`);
  };
  const headers = [
    'Host',
    'other.example',
    'project-version',
    'me',
    'Transfer-Encoding',
    'chunked',
    'TE',
    'deflate',
  ];
  const response = await asked(`http://service-b:${port}/a%20b?c=1`, {
    method: 'DELETE',
    headers,
    body: 'body',
  });
  expect(response.headers['x-seen']).toBe('DELETE /a%20b?c=1 other.example me');
  expect(await text(response)).toBe('body!');
  expect(carried).toEqual([`service-b:${port}`]);
});

it('keeps a connection into the cluster for the next request', async () => {
  const sockets = new Set<unknown>();
  handle = (req, res) => {
    sockets.add(req.socket);
    res.end();
  };
  for (let turn = 0; turn < 5; turn++) await text(await asked(`http://service-b:${port}/`));
  expect(sockets.size).toBe(1);
});

it('answers 502 where it cannot tell whose host it is', async () => {
  const broken = await startHttpProxy({
    openConnection: lane.computer.openConnection,
    isOfCluster: async () => {
      throw new Error('the link has just gone');
    },
  });
  const response = await asked('http://orders.shop/', { through: broken });
  expect([response.statusCode, await text(response)]).toEqual([502, 'the link has just gone\n']);
  await broken.close();
});

it('closes at once, whatever has become of its connections', async () => {
  const closing = await startHttpProxy({
    openConnection: lane.computer.openConnection,
    isOfCluster: async () => false,
  });
  const socket = connect(Number(new URL(closing.url).port), '127.0.0.1');
  socket.write(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  expect(String((await once(socket, 'data'))[0])).toContain('200 Connection Established');
  const closed = once(socket, 'close');
  await closing.close();
  await closed;
});

it('asks other hosts from this computer', async () => {
  expect(await text(await asked(`http://localhost:${port}/`))).toBe('far');
  expect(carried).toEqual([]);
});

it('hands an answer back as it comes, with its trailers', async () => {
  const onward = Promise.withResolvers<void>();
  handle = async (_, res) => {
    res.writeHead(201, 'Made', { trailer: 'x-sum' });
    res.write('first');
    await onward.promise;
    res.addTrailers({ 'x-sum': '5' });
    res.end(' last');
  };
  const response = await asked(`http://service-b:${port}/`);
  expect([response.statusCode, response.statusMessage]).toEqual([201, 'Made']);
  const [piece] = await once(response, 'data');
  onward.resolve();
  expect(`${piece}${await text(response)}`).toBe('first last');
  expect(response.trailers).toEqual({ 'x-sum': '5' });
});

it('answers 502 with the reason where nobody answers, and 400 to what is no request to a proxy', async () => {
  const none = await asked('http://service-b:1/');
  expect(none.statusCode).toBe(502);
  expect(await text(none)).toContain('localhost:1 cannot be reached from the cluster: ECONNREFUSED');
  expect((await asked('/readyz')).statusCode).toBe(400);
});

it('breaks off where the answer breaks off', async () => {
  handle = (_, res) => {
    res.writeHead(200, { 'content-length': '100' });
    res.write('part', () => res.destroy());
  };
  await expect(asked(`http://service-b:${port}/`).then((response) => text(response))).rejects.toThrow(
    'aborted',
  );
});

it('lets a request go whose caller has gone', async () => {
  const gone = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  handle = (req) => {
    came.resolve();
    req.on('close', gone.resolve);
  };
  const { hostname, port: proxyPort } = new URL(proxy.url);
  const asking = request({ hostname, port: proxyPort, path: `http://service-b:${port}/` });
  asking.on('error', () => {});
  asking.end();
  await came.promise;
  asking.destroy();
  await gone.promise;
});

it('tunnels CONNECT, with half-close', async () => {
  const echo = createTcpServer({ allowHalfOpen: true }, async (socket) =>
    socket.end(`got ${await text(socket)}`),
  );
  echo.listen(0, 'localhost');
  await once(echo, 'listening');
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1', allowHalfOpen: true });
  socket.end(`CONNECT service-b:${(echo.address() as AddressInfo).port} HTTP/1.1\r\nHost: x\r\n\r\nearly`);
  expect(await text(socket)).toBe('HTTP/1.1 200 Connection Established\r\n\r\ngot early');
  expect(carried).toHaveLength(1);
  echo.close();
});

it('says why a tunnel is not there', async () => {
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1' });
  socket.write('CONNECT service-b:1 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n.*ECONNREFUSED/s);
});

it('upgrades to a WebSocket', async () => {
  const onUpgrade = (req: IncomingMessage, socket: import('node:stream').Duplex) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${req.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.pipe(socket);
  };
  far.on('upgrade', onUpgrade);
  const { hostname, port: proxyPort } = new URL(proxy.url);
  const headers = { host: 'service-b', connection: 'Upgrade', upgrade: 'websocket' };
  const asking = request({ hostname, port: proxyPort, path: `http://service-b:${port}/`, headers });
  asking.end();
  const [response, socket] = await once(asking, 'upgrade');
  expect(response.headers.upgrade).toBe('websocket');
  socket.write('ping');
  expect(String((await once(socket, 'data'))[0])).toBe('ping');
  socket.destroy();
  far.off('upgrade', onUpgrade);
});

it('answers a request that offers HTTP/2 and one whose upgrade is not wanted', async () => {
  for (const upgrade of ['h2c', 'websocket']) {
    const headers = ['Host', 'service-b', 'Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', upgrade];
    const response = await asked(`http://service-b:${port}/`, { headers });
    expect([upgrade, response.statusCode, await text(response)]).toEqual([upgrade, 200, 'far']);
  }
});

/** What a program of Node asks by each client; `fetch` and `http` heed HTTP_PROXY when they are told to, axios by itself. */
const clients = `
import { get } from 'node:http';
import axios from 'axios';
const url = process.argv[1];
const bodies = [
  await (await fetch(url)).text(),
  await new Promise((resolve, reject) => get(url, (res) => res.once('data', resolve)).on('error', reject)),
  (await axios.get(url)).data,
];
console.log(bodies.join(' '));
`;

it.each([
  ['service-b', 'by way of the pod'],
  ['localhost', 'from here'],
])('every client of Node that is started with its address asks %s once, %s', async (host, way) => {
  let answered = 0;
  handle = (_, res) => {
    answered++;
    res.setHeader('connection', 'close').end('far');
  };
  const args = ['--input-type=module', '--eval', clients, `http://${host}:${port}/`];
  const env = { PATH: process.env.PATH, ...proxyEnvironment(proxy.url) };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  expect([stdout, stderr, answered]).toEqual(['far far far\n', '', 3]);
  expect([...new Set(carried)]).toEqual(way === 'from here' ? [] : [`service-b:${port}`]);
});
