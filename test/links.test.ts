/** Scenario S32: a link for each lane, by host or cookie, through all hops. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type RunningLanes, runLanes } from './running-lanes.ts';

let lanes: RunningLanes;
beforeAll(async () => {
  lanes = await runLanes('lanes.yaml', 'istio');
}, 60_000);
afterAll(() => lanes?.stop());

const cookie = (value: string) => ({ cookie: value });

describe('a request without colour gets that of', () => {
  it.each([
    [
      'its host',
      { host: 'release-v1.localhost:8080' },
      'service-a/release-v1(release-v1) -> service-b/release-v1(release-v1)',
    ],
    [
      'a lane that the entry has no version of',
      { host: 'release-v3.localhost' },
      'service-a/release(release-v3) -> service-b/release-v3(release-v3)',
    ],
    [
      'its cookie',
      cookie('a=b; project-version=release-v2'),
      'service-a/release-v2(release-v2) -> service-b/release(release-v2)',
    ],
    [
      'its host rather than its cookie',
      { host: 'release-v1.localhost', ...cookie('project-version=release-v2') },
      'service-a/release-v1(release-v1) -> service-b/release-v1(release-v1)',
    ],
    [
      'no lane that nobody has',
      { host: 'release-v9.localhost' },
      'service-a/release(-) -> service-b/release(-)',
    ],
  ])('%s', async (_, headers, trail) => {
    expect((await ask(lanes, { headers })).trail).toBe(trail);
  });
});

it('a header that is there wins', async () => {
  const headers = {
    host: 'release-v1.localhost',
    ...cookie('project-version=release-v1'),
    'project-version': 'release-v2',
  };
  expect((await ask(lanes, { headers })).trail).toBe(
    'service-a/release-v2(release-v2) -> service-b/release(release-v2)',
  );
});

it('a lane whose version is not ready is served by the baseline, as by its header', async () => {
  const replica = lanes.replicas.find(
    ({ service, version }) => service.name === 'service-a' && version.name === 'release-v1',
  );
  if (!replica) throw new Error('lanes.yaml has service-a/release-v1');
  lanes.withhold(replica, true);
  for (const headers of [{ host: 'release-v1.localhost' }, cookie('project-version=release-v1')]) {
    expect((await ask(lanes, { headers })).trail).toBe(
      'service-a/release(release-v1) -> service-b/release-v1(release-v1)',
    );
  }
  lanes.withhold(replica, false);
});

it('/.lane/COLOUR sets the cookie, /.lane/ clears it', async () => {
  const set = await ask(lanes, { path: '/.lane/release-v3' });
  expect([set.status, set.headers.location, set.headers['set-cookie']]).toEqual([
    302,
    expect.stringMatching(/^http:.*\/$/),
    ['project-version=release-v3; Path=/; SameSite=Lax'],
  ]);
  const cleared = await ask(lanes, { path: '/.lane/' });
  expect(cleared.headers['set-cookie']).toEqual(['project-version=; Path=/; Max-Age=0']);
});
