/** gateway-api/: the same lanes as HTTPRoutes, by the real processes; and what `coloring rules --api gateway` makes. */
import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayApiFiles } from '../lanes/generate/gateway-api.ts';
import { toYaml } from '../lanes/generate/yaml.ts';
import { type Lanes, parseLanes, readLanes } from '../lanes/lanes.ts';
import { remarksOn } from '../lanes/rules.ts';
import { formatProblem, parseRules } from '../mesh/rules/load.ts';
import { keyOf, parseObjects } from './charts/tools.ts';
import { ask, type RunningLanes, runLanes } from './running-lanes.ts';

const demo = await readLanes('lanes.yaml');

describe('the files', async () => {
  const objects = (text: string) =>
    Object.fromEntries(parseObjects(text).map((object) => [keyOf(object), object]));

  it.each(gatewayApiFiles(demo))(
    'gateway-api/$name has what coloring rules --api gateway makes',
    async (file) => {
      expect(objects(toYaml(file.objects))).toEqual(
        objects(await readFile(join('gateway-api', file.name), 'utf8')),
      );
    },
  );

  it('are these and no other', async () => {
    const files = (await readdir('gateway-api')).filter((name) => name.endsWith('.yaml'));
    expect(files.sort()).toEqual(
      gatewayApiFiles(demo)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it.each([
    ['lanes.yaml', demo],
    [
      'several entries in two namespaces',
      parseLanes(`
header: x-env
services:
  web: { port: 8080, calls: [api, db], entry: true, versions: [release, v10, v2] }
  api: { port: 8081, namespace: shop, calls: db, entry: true, hosts: [api.test], versions: [release, v2] }
  db: { port: 5432, namespace: data, versions: [main, v2], baseline: main }
`),
    ],
  ])('for %s are right, and there is nothing to say of them', (_, lanes) => {
    const text = gatewayApiFiles(lanes).map(({ objects }) => toYaml(objects));
    const parsed = parseRules([{ file: 'rules.yaml', text: text.join('---\n') }]);
    if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
    expect(remarksOn(parsed.rules, lanes)).toEqual([]);
  });
});

describe('coloring rules --api gateway', () => {
  const run = promisify(execFile);
  const rules = (...args: string[]) => run(process.execPath, ['cli/coloring.mjs', 'rules', ...args]);

  it('prints them, and says what it leaves out', async () => {
    const { stdout, stderr } = await rules('--api', 'gateway');
    expect(Object.keys(parseObjects(stdout)).length).toBe(
      gatewayApiFiles(demo).flatMap(({ objects }) => objects).length,
    );
    expect(stdout).not.toContain('VirtualService');
    expect(stderr).toContain('lanes.yaml: left out, links: ');
  });

  const refusedBy = (lanes: Lanes) => () => gatewayApiFiles(lanes);
  it('refuses a colour in baggage, and names that no Service can have', () => {
    const services =
      'services:\n  a: { port: 80, versions: [release, b] }\n  a-b: { port: 80, versions: [release] }\n';
    expect(refusedBy(parseLanes(`carrier: both\n${services}`))).toThrow(/carrier: both: only a header/);
    expect(refusedBy(parseLanes(services))).toThrow(
      'lanes.yaml:2: the Service of this version is a-b: a service has this name already',
    );
    const long = 'v'.repeat(62);
    expect(refusedBy(parseLanes(`services:\n  a: { port: 80, versions: [release, ${long}] }\n`))).toThrow(
      /longer than the 63 characters/,
    );
  });
});

describe('what runs by them', () => {
  let lanes: RunningLanes;
  beforeAll(async () => {
    lanes = await runLanes('lanes.yaml', 'gateway-api');
  });
  afterAll(() => lanes.stop());
  const trailOf = async (color?: string) =>
    (await ask(lanes, color ? { headers: { 'project-version': color } } : {})).trail;

  it.each([
    [undefined, 'service-a/release(-) -> service-b/release(-)'],
    ['release-v1', 'service-a/release-v1(release-v1) -> service-b/release-v1(release-v1)'],
    ['release-v2', 'service-a/release-v2(release-v2) -> service-b/release(release-v2)'],
    ['release-v3', 'service-a/release(release-v3) -> service-b/release-v3(release-v3)'],
    ['release-v9', 'service-a/release(release-v9) -> service-b/release(release-v9)'],
  ])('colour %s', async (color, trail) => expect(await trailOf(color)).toBe(trail));

  it('a version that is not ready is served by the baseline, at the gateway and inside', async () => {
    for (const service of ['service-a', 'service-b']) {
      lanes.mesh.setReady(`${service}.coloring.svc.cluster.local`, 'release-v1-0', false);
    }
    expect(await trailOf('release-v1')).toBe(
      'service-a/release(release-v1) -> service-b/release(release-v1)',
    );
    for (const service of ['service-a', 'service-b']) {
      lanes.mesh.setReady(`${service}.coloring.svc.cluster.local`, 'release-v1-0', true);
    }
  });

  it('without its file a lane is gone, and nothing else has changed', async () => {
    const reloaded = lanes.nextReload();
    await rm(join(lanes.rules, 'lane-release-v1.yaml'));
    expect(await reloaded).toMatchObject({ ok: true });
    expect(await trailOf('release-v1')).toBe(
      'service-a/release(release-v1) -> service-b/release(release-v1)',
    );
    expect(await trailOf('release-v3')).toBe(
      'service-a/release(release-v3) -> service-b/release-v3(release-v3)',
    );
  });
});
