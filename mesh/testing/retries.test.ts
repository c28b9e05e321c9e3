import { afterEach, expect, test } from 'vitest';
import { type App, startApp, startWorld, toB, virtualService, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const route = (more: string) => virtualService(`- { ${toB}, ${more} }`);

/** Answers these statuses in turn, then 200 with the body it got. */
async function startFlaky(statuses: number[], version = 'v1'): Promise<App> {
  const left = [...statuses];
  return startApp(version, async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    res.writeHead(left.shift() ?? 200).end(`${version}:${body}`);
  });
}

test('an upstream that fails twice answers 200 with retries, attempts counted', async () => {
  const app = await startFlaky([503, 500]);
  world = await startWorld([app], route('retries: { attempts: 3, retryOn: 5xx }'));
  expect(await world.call('http://b/')).toMatchObject({ status: 200, body: 'v1:' });
  expect(app.seen.map(({ headers }) => headers['x-envoy-attempt-count'])).toEqual(['1', '2', '3']);
  expect(world.log).toHaveLength(1);
  expect(world.log[0]).toMatchObject({ attempts: 3, flags: [] });
});

test('an upstream that keeps failing: its last answer, URX', async () => {
  const app = await startFlaky([500, 500, 500, 500]);
  world = await startWorld([app], route('retries: { attempts: 2, retryOn: 5xx }'));
  expect(await world.call('http://b/')).toMatchObject({ status: 500, body: 'v1:' });
  expect(world.log[0]).toMatchObject({ attempts: 3, flags: ['URX'] });
});

test.each([
  ['gateway-error', 503, 2],
  ['gateway-error', 500, 1],
  ['retriable-4xx', 409, 2],
  ['retriable-4xx', 404, 1],
  ['404', 404, 2],
  ['connect-failure', 503, 1],
])('retryOn %s and status %i: %i attempts', async (retryOn, status, attempts) => {
  world = await startWorld(
    [await startFlaky([status])],
    route(`retries: { attempts: 1, retryOn: "${retryOn}" }`),
  );
  await world.call('http://b/');
  expect(world.log[0]?.attempts).toBe(attempts);
});

test('a body is sent again with each try', async () => {
  const app = await startFlaky([503, 503]);
  world = await startWorld([app], route('retries: { attempts: 2, retryOn: 5xx }'));
  const body = 'x'.repeat(200_000);
  const answer = await world.call('http://b/', { method: 'POST', body, headers: { host: 'b' } });
  expect(answer).toMatchObject({ status: 200, body: `v1:${body}` });
});

test('a body too long to keep is sent once', async () => {
  const app = await startFlaky([503]);
  world = await startWorld([app], route('retries: { attempts: 2, retryOn: 5xx }'));
  const body = Buffer.alloc(1_100_000, 'x');
  expect(await world.call('http://b/', { method: 'POST', body, headers: { host: 'b' } })).toMatchObject({
    status: 503,
  });
  expect(app.seen).toHaveLength(1);
});

test('a retry goes to a host that has not failed yet', async () => {
  const bad = await startFlaky(Array(100).fill(503), 'bad');
  const good = await startFlaky([], 'good');
  world = await startWorld([bad, good], route('retries: { attempts: 1, retryOn: 5xx }'));
  for (let i = 0; i < 10; i++) await world.call('http://b/');
  // Each retry may pick the bad host again 1 time in 2^6, as Envoy's host selection gives up after 5 more tries.
  expect(world.log.filter(({ endpoint }) => endpoint === 'good').length).toBeGreaterThanOrEqual(8);
});

test('a try that takes too long is given up, and the next one answers', async () => {
  let first = true;
  const app = await startApp('v1', (_req, res) => {
    if (!first) res.end('second');
    first = false;
  });
  world = await startWorld([app], route('retries: { attempts: 1, perTryTimeout: 500ms, retryOn: 5xx }'));
  expect(await world.call('http://b/')).toMatchObject({ status: 200, body: 'second' });
  expect(world.log[0]).toMatchObject({ attempts: 2, flags: [] });
});

test('tries that all take too long: 504', async () => {
  const app = await startApp('v1', () => {});
  world = await startWorld([app], route('retries: { attempts: 1, perTryTimeout: 30ms, retryOn: 5xx }'));
  expect(await world.call('http://b/')).toMatchObject({ status: 504, body: 'upstream request timeout' });
  expect(world.log[0]).toMatchObject({
    attempts: 2,
    flags: ['URX', 'UT'],
    details: 'upstream_per_try_timeout',
  });
});

test('the route time-out spans all tries', async () => {
  const app = await startApp('v1', () => {});
  const retries = 'retries: { attempts: 5, perTryTimeout: 50ms, retryOn: 5xx }, timeout: 120ms';
  world = await startWorld([app], route(retries));
  expect(await world.call('http://b/')).toMatchObject({ status: 504 });
  expect(world.log[0]).toMatchObject({ details: 'response_timeout' });
  expect(world.log[0]?.attempts).toBeLessThanOrEqual(3);
});
