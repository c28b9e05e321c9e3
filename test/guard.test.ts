/** istio/optional/guard.yaml: a colour from outside is taken only from those allowed. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalFeed } from '../map/local/feed.ts';
import { ask, type RunningLanes, runLanes } from './running-lanes.ts';

let lanes: RunningLanes;
let folder: string;
/** Names and values that the gateway sent on, by request. */
const sentOn: (readonly string[])[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guarded-'));
  for (const file of ['gateway.yaml', 'service-b.yaml', 'fallback.yaml', 'optional/guard.yaml'])
    await cp(join('istio', file), join(folder, file.replace('optional/', '')));
  const feed = new LocalFeed();
  feed.listener = {
    entry: ({ proxy, upstreamHeaders }) => {
      if (proxy === lanes.mesh.gatewayIdentity.name) sentOn.push(upstreamHeaders);
    },
    changed: () => {},
    reloaded: () => {},
  };
  lanes = await runLanes('lanes.yaml', folder, 'ALLOW_ANY', feed);
}, 60_000);
afterAll(async () => {
  await lanes?.stop();
  await rm(folder, { recursive: true });
});

const lane = 'project-version=release-v1';
const none = 'service-a/release(-) -> service-b/release(-)';
const whole = 'service-a/release-v1(release-v1) -> service-b/release-v1(release-v1)';

const ways: [string, Record<string, string>][] = [
  ['a header', { 'project-version': 'release-v1' }],
  ['a host', { host: 'release-v1.localhost' }],
  ['a cookie', { cookie: `a=b; ${lane}` }],
];

it.each(ways)('a colour by %s is taken from those allowed', async (_, headers) => {
  expect((await ask(lanes, { headers: { ...headers, 'x-tester': 'yes' } })).trail).toBe(whole);
});

it.each([...ways, ['baggage', { baggage: lane }]])('and from nobody else: %s', async (_, headers) => {
  for (const tester of [{}, { 'x-tester': 'no' }] as Record<string, string>[])
    expect((await ask(lanes, { headers: { ...headers, ...tester } })).trail).toBe(none);
});

it('what is taken away arrives nowhere; the cookies of people without a lane stay', async () => {
  sentOn.length = 0;
  const headers = { 'project-version': 'release-v1', baggage: lane };
  await ask(lanes, { headers: { ...headers, cookie: `session=1; ${lane}` } });
  await ask(lanes, { headers: { ...headers, cookie: 'session=1' } });
  await expect.poll(() => sentOn.length).toBe(2);
  const lines = sentOn.map((pairs) =>
    pairs.filter((_, i) => ['project-version', 'baggage', 'cookie'].includes(pairs[i - (i % 2)] ?? '')),
  );
  expect(lines).toEqual([[], ['cookie', 'session=1']]);
});
