import { afterEach, expect, test } from 'vitest';
import { startApp, startWorld, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const rules = (loadBalancer: string) => `
kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: { name: b }
spec: { host: b, trafficPolicy: { loadBalancer: ${loadBalancer} } }
`;

const three = () => Promise.all(['v1', 'v2', 'v3'].map((version) => startApp(version)));

async function tally(
  n: number,
  headers?: (i: number) => Record<string, string>,
  path = '',
): Promise<number[]> {
  const counts = new Map([
    ['v1', 0],
    ['v2', 0],
    ['v3', 0],
  ]);
  for (let i = 0; i < n; i++) {
    const { body } = await world.call(`http://b/${path.replace('N', String(i))}`, {
      headers: { host: 'b', ...headers?.(i) },
    });
    counts.set(body, (counts.get(body) ?? 0) + 1);
  }
  return [...counts.values()];
}

test('ROUND_ROBIN gives each its turn', async () => {
  world = await startWorld(await three(), rules('{ simple: ROUND_ROBIN }'));
  expect(await tally(30)).toEqual([10, 10, 10]);
});

test.each(['RANDOM', 'LEAST_REQUEST'])('%s reaches all', async (simple) => {
  world = await startWorld(await three(), rules(`{ simple: ${simple} }`));
  for (const count of await tally(90)) expect(count).toBeGreaterThan(10);
});

test('consistentHash by header: one value stays with one endpoint, many values reach all', async () => {
  world = await startWorld(await three(), rules('{ consistentHash: { httpHeaderName: x-user } }'));
  expect((await tally(20, () => ({ 'x-user': 'zack' }))).toSorted()).toEqual([0, 0, 20]);
  for (const count of await tally(60, (i) => ({ 'x-user': `user-${i}` }))) expect(count).toBeGreaterThan(5);
  for (const count of await tally(60)) expect(count).toBeGreaterThan(5);
});

test('consistentHash by query parameter', async () => {
  world = await startWorld(await three(), rules('{ consistentHash: { httpQueryParameterName: user } }'));
  expect((await tally(20, undefined, '?user=zack')).toSorted()).toEqual([0, 0, 20]);
  for (const count of await tally(60, undefined, '?user=N')) expect(count).toBeGreaterThan(5);
});

test('consistentHash by source address: one client, one endpoint', async () => {
  world = await startWorld(await three(), rules('{ consistentHash: { useSourceIp: true } }'));
  expect((await tally(20)).toSorted()).toEqual([0, 0, 20]);
});

test('consistentHash by cookie: the first answer sets it, it keeps its endpoint', async () => {
  world = await startWorld(
    await three(),
    rules('{ consistentHash: { httpCookie: { name: lane, path: /x, ttl: 60s } } }'),
  );
  const first = await world.call('http://b/');
  const [cookie = ''] = first.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^lane="[0-9a-f]{8}"; Max-Age=60; Path=\/x; HttpOnly$/);
  const value = /"(.*?)"/.exec(cookie)?.[1];
  for (let i = 0; i < 10; i++) {
    const answer = await world.call('http://b/', { headers: { host: 'b', cookie: `a=b; lane=${value}` } });
    expect(answer.body).toBe(first.body);
    expect(answer.headers).not.toHaveProperty('set-cookie');
  }
});
