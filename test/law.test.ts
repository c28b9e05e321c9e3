/** The law, as a matrix: what is deployed and ready at A and at B, times how a request says its colour. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type RunningLanes, runLanes } from './running-lanes.ts';

let lanes: RunningLanes;
beforeAll(async () => {
  lanes = await runLanes('lanes.yaml', 'istio');
});
afterAll(() => lanes.stop());

function setReady(service: string, version: string, ready: boolean): void {
  lanes.mesh.setReady(`${service}.coloring.svc.cluster.local`, `${version}-0`, ready);
}

/** Where each colour of lanes.yaml has a version of its own. */
const deployed = {
  'release-v1': { a: true, b: true },
  'release-v2': { a: true, b: false },
  'release-v3': { a: false, b: true },
  'release-v9': { a: false, b: false },
};

const cases = Object.entries(deployed).flatMap(([color, { a, b }]) => {
  const states = (here: boolean) => (here ? ['ready', 'not ready'] : ['absent']);
  return states(a).flatMap((stateA) => states(b).map((stateB) => ({ color, stateA, stateB })));
});

const baseline = 'service-a/release(-) -> service-b/release(-)';

const uncolored: Record<string, Record<string, string | string[]>> = {
  'no colour': {},
  'an empty colour': { 'project-version': '' },
  'the colour "-"': { 'project-version': '-' },
  capitals: { 'project-version': 'Release-V1' },
  'an underscore': { 'project-version': 'release_v1' },
  'a dash at the end': { 'project-version': 'release-v1-' },
  '64 characters': { 'project-version': 'v'.repeat(64) },
  'two colours in one line': { 'project-version': 'release-v8, release-v9' },
  'two colours on two lines': { 'project-version': ['release-v8', 'release-v9'] },
  'no ASCII': { 'project-version': 'relâche' },
};

describe.each(cases)('$color: A $stateA, B $stateB', ({ color, stateA, stateB }) => {
  const toggled = [
    ...(stateA === 'not ready' ? ['service-a'] : []),
    ...(stateB === 'not ready' ? ['service-b'] : []),
  ];
  beforeAll(() => {
    for (const service of toggled) setReady(service, color, false);
  });
  afterAll(() => {
    for (const service of toggled) setReady(service, color, true);
  });

  it('each hop is served by its version of the colour if that is ready, else by the baseline', async () => {
    const { status, trail } = await ask(lanes, { headers: { 'project-version': color } });
    const served = (state: string) => (state === 'ready' ? color : 'release');
    expect([status, trail]).toEqual([
      200,
      `service-a/${served(stateA)}(${color}) -> service-b/${served(stateB)}(${color})`,
    ]);
  });

  it.each(Object.entries(uncolored))('%s means baseline', async (_, headers) => {
    const { status, trail } = await ask(lanes, { headers });
    expect([status, trail]).toEqual([200, baseline]);
  });
});

describe('who obeys the rules (S3)', () => {
  const inLane = { headers: { 'project-version': 'release-v1' } };

  async function versionsSeen(through: string, to: string): Promise<string[]> {
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => ask(lanes, { ...inLane, through, to })),
    );
    return [...new Set(replies.map(({ trail }) => trail))].sort();
  }

  it('a pod with sidecar obeys them, in this namespace and in another', async () => {
    const near = await lanes.mesh.sidecar({ name: 'curl', namespace: 'coloring', labels: { app: 'curl' } });
    const far = await lanes.mesh.sidecar({ name: 'curl', namespace: 'default', labels: { app: 'curl' } });
    const own = 'service-a/release-v1(release-v1) -> service-b/release-v1(release-v1)';
    expect(await versionsSeen(near.proxyUrl, 'http://service-b:32000')).toEqual([
      'service-b/release-v1(release-v1)',
    ]);
    expect(await versionsSeen(near.proxyUrl, 'http://service-a:31000')).toEqual([own]);
    expect(await versionsSeen(far.proxyUrl, 'http://service-a.coloring:31000')).toEqual([own]);
    await Promise.all([near.close(), far.close()]);
  });

  it('a pod without sidecar reaches any version; the sidecar of that one still obeys', async () => {
    const plain = await lanes.mesh.plainClient('coloring');
    expect(await versionsSeen(plain.proxyUrl, 'http://service-a:31000')).toEqual(
      ['release', 'release-v1', 'release-v2'].map(
        (version) => `service-a/${version}(release-v1) -> service-b/release-v1(release-v1)`,
      ),
    );
    await plain.close();
  });
});

describe('editing the rules while requests are under way', () => {
  const inLane = (color: string) => ask(lanes, { headers: { 'project-version': color } });

  /** Resolves when this hop serves this colour. */
  const served = (color: string, hop: string) =>
    expect.poll(async () => (await inLane(color)).trail, { timeout: 10_000 }).toContain(hop);

  /** In one step, so that nobody reads half a file. */
  async function replace(file: string, text: string): Promise<void> {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }

  /** Sends requests in all colours until `work` is done, 50 at least; what did not answer 200. */
  async function failuresDuring(work: () => Promise<void>): Promise<string[]> {
    const failures: string[] = [];
    let sent = 0;
    let done = false;
    const load = async (color: string) => {
      while (!done || sent <= 50) {
        sent++;
        const { status, body } = await inLane(color);
        if (status !== 200) failures.push(`${color}: ${status} ${body}`);
      }
    };
    const loads = ['release-v1', 'release-v2', 'release-v3', 'release-v9'].map(load);
    await work();
    done = true;
    await Promise.all(loads);
    expect(sent).toBeGreaterThan(50);
    return failures;
  }

  it('a bad file leaves the last good rules in force and says what is wrong; a good edit applies; nobody fails', async () => {
    const file = join(lanes.rules, 'service-b.yaml');
    const good = await readFile(file, 'utf8');
    const failures = await failuresDuring(async () => {
      const reload = lanes.nextReload();
      await replace(file, good.replace('exact: release-v3', 'exakt: release-v3'));
      expect(await reload).toEqual({
        ok: false,
        problems: [
          expect.stringMatching(/service-b\.yaml:\d+: .*exakt: unknown field; did you mean exact\?$/),
        ],
      });
      expect((await inLane('release-v3')).trail).toContain('service-b/release-v3');

      // One edit may be seen as several changes, so what counts is what a request meets.
      await replace(file, good.replace('exact: release-v3', 'exact: release-v9'));
      await served('release-v9', 'service-b/release-v3(release-v9)');
      await served('release-v3', 'service-b/release(release-v3)');

      await replace(file, good);
      await served('release-v9', 'service-b/release(release-v9)');
      await served('release-v3', 'service-b/release-v3(release-v3)');
    });
    expect(failures).toEqual([]);
  });

  it('without fallback.yaml a version that is not ready costs its colour 503s', async () => {
    setReady('service-b', 'release-v3', false);
    expect((await inLane('release-v3')).status).toBe(200);
    await rm(join(lanes.rules, 'fallback.yaml'));
    await lanes.mesh.reload();
    const atA = await ask(lanes, { headers: { 'project-version': 'release-v3' } });
    expect(atA.status).toBe(502); // service-a's own answer: its sidecar gave it a 503
    expect(atA.trail).toBe('service-a/release(release-v3)');
    expect(atA.body).toContain('503');
    setReady('service-a', 'release-v2', false);
    expect(await inLane('release-v2')).toMatchObject({ status: 503, body: 'no healthy upstream' });
    expect((await inLane('release-v1')).status).toBe(200);
    setReady('service-b', 'release-v3', true);
    setReady('service-a', 'release-v2', true);
  });
});
