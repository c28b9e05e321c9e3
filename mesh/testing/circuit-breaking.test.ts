import type { ServerResponse } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { type App, startApp, startWorld, toB, virtualService, type World } from './test-world.ts';

let world: World;
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const rules = (policy: string) => `
kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: { name: b }
spec:
  host: b
  trafficPolicy: ${policy}
---
${virtualService(`- { retries: { attempts: 0 }, ${toB} }`)}`;

/** An app that answers when told to. */
async function startPatient(): Promise<App & { open: ServerResponse[] }> {
  const open: ServerResponse[] = [];
  return { ...(await startApp('v1', (_req, res) => open.push(res))), open };
}

test('beyond maxConnections and the queue: 503 UO at once', async () => {
  const app = await startPatient();
  const pool = '{ connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } } }';
  world = await startWorld([app], rules(pool));
  const first = world.call('http://b/1');
  await expect.poll(() => app.open.length).toBe(1);
  const queued = world.call('http://b/2');
  await expect.poll(() => world.mesh.stats().active).toBe(2);
  const refused = await world.call('http://b/3');
  expect(refused).toMatchObject({
    status: 503,
    body: 'upstream connect error or disconnect/reset before headers. reset reason: overflow',
  });
  expect(refused.headers['x-envoy-overloaded']).toBe('true');
  expect(world.log[0]).toMatchObject({ flags: ['UO'], attempts: 0 });
  expect(app.open).toHaveLength(1);
  app.open[0]?.end('one');
  expect((await first).body).toBe('one');
  await expect.poll(() => app.open.length).toBe(2);
  app.open[1]?.end('two');
  expect((await queued).body).toBe('two');
});

test('beyond http2MaxRequests: 503 UO', async () => {
  const app = await startPatient();
  world = await startWorld([app], rules('{ connectionPool: { http: { http2MaxRequests: 2 } } }'));
  const held = [world.call('http://b/'), world.call('http://b/')];
  await expect.poll(() => app.open.length).toBe(2);
  expect(await world.call('http://b/')).toMatchObject({ status: 503 });
  for (const res of app.open) res.end('ok');
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  const next = world.call('http://b/');
  await expect.poll(() => app.open.length).toBe(3);
  app.open[2]?.end('ok');
  expect((await next).status).toBe(200);
});

test('a queue of its own for each request that leaves: nothing leaks', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], rules('{ connectionPool: { tcp: { maxConnections: 2 } } }'));
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.call('http://b/')));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(new Set(app.seen.map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
});

test('maxRequestsPerConnection: 1 makes each request a connection', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], rules('{ connectionPool: { http: { maxRequestsPerConnection: 1 } } }'));
  for (let i = 0; i < 3; i++) await world.call('http://b/');
  expect(new Set(app.seen.map(({ socket }) => socket)).size).toBe(3);
});

test('without it a connection is used again', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], '');
  for (let i = 0; i < 3; i++) await world.call('http://b/');
  expect(new Set(app.seen.map(({ socket }) => socket)).size).toBe(1);
});

test('idleTimeout closes a connection that is not used', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], rules('{ connectionPool: { http: { idleTimeout: 1s } } }'));
  await world.call('http://b/');
  const socket = app.seen[0]?.socket;
  expect(socket?.destroyed).toBe(false);
  await expect.poll(() => socket?.destroyed).toBe(true);
});

test('an endpoint that fails is ejected, and comes back', async () => {
  let broken = true;
  const bad = await startApp('bad', (_req, res) => {
    res.statusCode = broken ? 500 : 200;
    res.end('bad');
  });
  const policy =
    '{ loadBalancer: { simple: ROUND_ROBIN }, outlierDetection: { consecutive5xxErrors: 2, interval: 100ms, baseEjectionTime: 300ms, maxEjectionPercent: 100 } }';
  world = await startWorld([bad, await startApp('good')], rules(policy));
  const failures = () => world.log.filter(({ status }) => status === 500);
  while (failures().length < 2) await world.call('http://b/');
  broken = false;
  await expect.poll(async () => (await world.call('http://b/')).body).toBe('bad');
  expect(failures()).toHaveLength(2);
  const ejected = failures()[1];
  const back = world.log.at(-1);
  if (!ejected || !back) throw new Error('no entries');
  // The millisecond: Date and the timers of the ejection round each in their own way.
  expect(back.startTime.getTime() - ejected.startTime.getTime()).toBeGreaterThanOrEqual(299);
});

test('all endpoints ejected: 503 UH, for want of a panic threshold', async () => {
  const bad = await startApp('bad', (_req, res) => void res.writeHead(503).end());
  const policy = (more: string) =>
    `{ outlierDetection: { consecutive5xxErrors: 1, baseEjectionTime: 60s, maxEjectionPercent: 100 ${more} } }`;
  world = await startWorld([bad], rules(policy('')));
  expect(world.mesh.ejections()).toEqual([]);
  await world.call('http://b/');
  expect(await world.call('http://b/')).toMatchObject({ status: 503, body: 'no healthy upstream' });
  expect(world.mesh.ejections()).toEqual([{ proxy: 'a/v1', address: `127.0.0.1:${bad.endpoint.port}` }]);
});

test('with minHealthPercent the ejected are asked all the same', async () => {
  const bad = await startApp('bad', (_req, res) => void res.writeHead(503).end('bad'));
  const policy =
    '{ outlierDetection: { consecutive5xxErrors: 1, baseEjectionTime: 60s, maxEjectionPercent: 100, minHealthPercent: 50 } }';
  world = await startWorld([bad], rules(policy));
  await world.call('http://b/');
  expect(await world.call('http://b/')).toMatchObject({ status: 503, body: 'bad' });
});

test('while 10 of 14 are healthy, minHealthPercent brings nobody back', async () => {
  const bad = await startApp('bad', (_req, res) => void res.writeHead(503).end('bad'));
  const good = await Promise.all(Array.from({ length: 3 }, (_, i) => startApp(`good-${i}`)));
  const policy =
    '{ loadBalancer: { simple: ROUND_ROBIN }, outlierDetection: { consecutive5xxErrors: 1, baseEjectionTime: 60s, maxEjectionPercent: 100, minHealthPercent: 90 } }';
  world = await startWorld([bad, ...good], rules(policy));
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await world.call('http://b/')).status);
  expect(statuses.filter((status) => status === 503)).toHaveLength(1);
});
