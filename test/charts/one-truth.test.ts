/** charts/routes, `coloring rules` and the files in istio/ say the same: objects, names, specs. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { routesValues } from '../../cluster/releases.ts';
import { istioFiles } from '../../lanes/generate/istio.ts';
import { toYaml } from '../../lanes/generate/yaml.ts';
import { type Lanes, parseLanes, readLanes } from '../../lanes/lanes.ts';
import { remarksOn } from '../../lanes/rules.ts';
import { formatProblem, parseRules } from '../../mesh/rules/load.ts';
import { hasHelm, helm, type KubernetesObject, keyOf, parseObjects } from './tools.ts';

/** Without what only Helm adds: its labels, and the Service, which a person's rules leave out. */
function comparable(objects: readonly KubernetesObject[]) {
  return Object.fromEntries(
    objects
      .filter(({ kind }) => kind !== 'Service')
      .map((object) => [keyOf(object), { apiVersion: object.apiVersion, spec: object.spec }]),
  );
}

const generated = (lanes: Lanes) => istioFiles(lanes).flatMap(({ objects }) => parseObjects(toYaml(objects)));

function rendered(lanes: Lanes): KubernetesObject[] {
  return lanes.services.flatMap((service) => {
    const release = ['template', `${service.name}-routes`, 'charts/routes', '--namespace', service.namespace];
    const versions = service.versions.map(({ name }) => name);
    const { name, port, baseline } = service;
    const own = ['--set', `service=${name},port=${port},baseline=${baseline}`];
    const args = [
      ...own,
      ...routesValues(lanes, service),
      '--set-json',
      `versions=${JSON.stringify(versions)}`,
    ];
    return parseObjects(helm([...release, ...args]));
  });
}

const demo = await readLanes('lanes.yaml');

const others: Record<string, Lanes> = {
  'a graph with several entries, another header, another namespace': parseLanes(`
namespace: shop
header: X-Env
links: { domain: lanes.example.com }
services:
  web: { port: 8080, calls: [api, db], entry: true, versions: [release, v10, v2] }
  api: { port: 8081, calls: db, entry: true, hosts: [api.test, api.example.com], versions: [release, v2] }
  db: { port: 5432, namespace: data, versions: [main, v1], baseline: main }
`),
  'a colour in baggage': parseLanes(`
carrier: baggage
services:
  web: { port: 8080, calls: api, versions: [release, v10, v2] }
  api: { port: 8081, versions: [release, v2] }
`),
  'a colour in a header or in baggage': parseLanes(`
carrier: both
header: x-env
links: { domain: lanes.test }
services:
  web: { port: 8080, calls: api, versions: [release, v1] }
  api: { port: 8081, versions: [release, v1] }
`),
  'an entry with a host of its own before another': parseLanes(`
services:
  a: { port: 80, hosts: [a.test], versions: [v1, v2] }
  b: { port: 81, hosts: [b.test], versions: [v1] }
`),
  'names that YAML takes for something else': parseLanes(`
services:
  on: { port: 80, versions: [release, "1", "1e3", "yes", "0x1f", "null", "20260101"] }
`),
};

describe('coloring rules with lanes.yaml', () => {
  test.each([
    ['gateway.yaml', 1],
    ['service-a.yaml', 3],
    ['service-b.yaml', 2],
    ['links.yaml', 1],
    ['fallback.yaml', 3],
  ])('gives the objects of istio/%s', async (name, count) => {
    const file = istioFiles(demo).find((one) => one.name === name);
    const written = comparable(parseObjects(await readFile(`istio/${name}`, 'utf8')));
    expect(Object.keys(written)).toHaveLength(count);
    expect(comparable(parseObjects(toYaml(file?.objects ?? [])))).toEqual(written);
  });

  test('and no other', () => {
    expect(istioFiles(demo)).toHaveLength(5);
  });
});

describe.each(Object.entries({ 'lanes.yaml': demo, ...others }))('%s', (_, lanes) => {
  test('gives rules that are right, and of which there is nothing to say', () => {
    const text = istioFiles(lanes).map(({ objects }) => toYaml(objects));
    const rules = parseRules([{ file: 'rules.yaml', text: text.join('---\n') }], {
      defaultNamespace: 'elsewhere',
    });
    if (!rules.ok) throw new Error(rules.problems.map(formatProblem).join('\n'));
    expect(remarksOn(rules.rules, lanes)).toEqual([]);
  });

  test.skipIf(!hasHelm)('charts/routes renders the same (needs helm)', () => {
    expect(comparable(rendered(lanes))).toEqual(comparable(generated(lanes)));
  });
});
