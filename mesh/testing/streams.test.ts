/** Bodies that are long, or that do not end: what a proxy holds of them is bounded, and nothing waits for their end. */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { registryWith, startHttp2App } from './http2-world.ts';
import { type App, startApp, startWorld } from './test-world.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What an app does with a request: its body, and where the answer goes. */
type Act = (from: Readable, to: Writable) => void;

const apps: Readonly<Record<string, (act: Act) => Promise<App>>> = {
  'HTTP/1.1': (act) =>
    startApp('v1', (req, res) => {
      res.writeHead(200).flushHeaders();
      act(req, res);
    }),
  'HTTP/2': (act) =>
    startHttp2App('v1', (stream) => {
      stream.respond({ ':status': 200 });
      act(stream, stream);
    }),
};

interface Call {
  to: Writable;
  /** Once the head of the answer has come. */
  from: Promise<Readable>;
}

const clients: Readonly<Record<string, (proxyUrl: string) => Call>> = {
  'HTTP/1.1': (proxyUrl) => {
    const { hostname, port } = new URL(proxyUrl);
    const headers = { host: 'b' };
    const to = http.request({ hostname, port, path: 'http://b/', method: 'POST', headers, agent: false });
    to.flushHeaders();
    return { to, from: once(to, 'response').then(([response]) => response) };
  },
  'HTTP/2': (proxyUrl) => {
    const session = http2.connect(proxyUrl);
    closers.push(() => session.destroy());
    const stream: Duplex = session.request({ ':authority': 'b', ':path': '/', ':method': 'POST' });
    return { to: stream, from: once(stream, 'response').then(() => stream) };
  },
};

async function callThrough(client: string, app: string, act: Act): Promise<Call> {
  const running = [await (apps[app] as (act: Act) => Promise<App>)(act)];
  const registry = registryWith(running, { name: app === 'HTTP/2' ? 'http2' : 'http', number: 80 });
  const world = await startWorld(running, '', { registry });
  closers.push(() => world.close());
  return (clients[client] as (url: string) => Call)(world.sidecar.proxyUrl);
}

const total = 200 * 1024 * 1024;
/** Of proxy and kernel together, on two connections; far from the whole. */
const mostHeld = 40 * 1024 * 1024;
const chunk = Buffer.alloc(64 * 1024, 'x');

/** Writes all of it as fast as it is taken. */
function pour(to: Writable): { sent: number } {
  const poured = { sent: 0 };
  const more = () => {
    while (poured.sent < total) {
      poured.sent += chunk.length;
      if (!to.write(chunk)) {
        to.once('drain', more);
        return;
      }
    }
    to.end();
  };
  more();
  return poured;
}

/** How much was taken when nobody takes more. */
async function stalled(poured: { sent: number }): Promise<number> {
  for (let before = -1; before !== poured.sent || poured.sent === 0; ) {
    before = poured.sent;
    await wait(300);
  }
  return poured.sent;
}

async function countOf(from: Readable): Promise<number> {
  let count = 0;
  for await (const piece of from) count += (piece as Buffer).length;
  return count;
}

const pairs = [
  ['HTTP/1.1', 'HTTP/1.1'],
  ['HTTP/2', 'HTTP/2'],
  ['HTTP/1.1', 'HTTP/2'],
  ['HTTP/2', 'HTTP/1.1'],
] as const;

test.each(pairs)(
  'an answer without an end comes as it is written: client of %s, app of %s',
  async (client, app) => {
    const events: Writable[] = [];
    const { to, from } = await callThrough(client, app, (_, answer) => events.push(answer));
    to.end();
    const answer = await from;
    const [stream] = events as [Writable];
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      const came = once(answer, 'data');
      stream.write(event);
      expect(String(await came)).toBe(event);
    }
    stream.end();
    answer.resume();
    await once(answer, 'end');
  },
);

describe.each(['HTTP/1.1', 'HTTP/2'])('%s', (version) => {
  test('200 MB to an app that does not read are not held by the proxy', { timeout: 120_000 }, async () => {
    const waiting = Promise.withResolvers<Readable>();
    const { to } = await callThrough(version, version, (body, answer) => {
      waiting.resolve(body);
      body.on('end', () => answer.end());
    });
    const poured = pour(to);
    const body = await waiting.promise;
    expect(await stalled(poured)).toBeLessThan(mostHeld);
    expect(await countOf(body)).toBe(total);
  });

  test('200 MB to a client that does not read are not held by the proxy', { timeout: 120_000 }, async () => {
    const pouring = Promise.withResolvers<{ sent: number }>();
    const { to, from } = await callThrough(version, version, (_, answer) => pouring.resolve(pour(answer)));
    to.end();
    const answer = await from;
    expect(await stalled(await pouring.promise)).toBeLessThan(mostHeld);
    expect(await countOf(answer)).toBe(total);
  });
});
