/** charts/routes and the files in istio/ say the same: objects, names, specs. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { entries } from '../../lanes/graph.ts';
import { readLanes } from '../../lanes/lanes.ts';
import { hasHelm, type KubernetesObject, keyOf, parseObjects, render } from './tools.ts';

/** Without what only Helm adds: its labels, and the Service, which istio/ leaves to the reader. */
function comparable(objects: readonly KubernetesObject[]) {
  return Object.fromEntries(
    objects
      .filter(({ kind }) => kind !== 'Service')
      .map((object) => [keyOf(object), { apiVersion: object.apiVersion, spec: object.spec }]),
  );
}

describe.skipIf(!hasHelm)('helm template with the versions of lanes.yaml (needs helm)', async () => {
  const lanes = await readLanes('lanes.yaml');
  const rendered = hasHelm
    ? lanes.services.flatMap((service) =>
        render('routes', `${service.name}-routes`, {
          service: service.name,
          port: service.port,
          baseline: service.baseline,
          entry: entries(lanes).includes(service),
          versions: service.versions.map(({ name }) => name),
        }),
      )
    : [];

  test.each([
    ['gateway.yaml', 1],
    ['service-a.yaml', 3],
    ['service-b.yaml', 2],
    ['fallback.yaml', 3],
  ])('gives the objects of istio/%s', async (file, count) => {
    const written = comparable(parseObjects(await readFile(`istio/${file}`, 'utf8')));
    const keys = Object.keys(written);
    expect(keys).toHaveLength(count);
    const same = Object.entries(comparable(rendered)).filter(([key]) => keys.includes(key));
    expect(Object.fromEntries(same)).toEqual(written);
  });

  test('and no other', async () => {
    const files = ['gateway', 'service-a', 'service-b', 'fallback'];
    const texts = await Promise.all(files.map((file) => readFile(`istio/${file}.yaml`, 'utf8')));
    const written = comparable(texts.flatMap(parseObjects));
    expect(Object.keys(comparable(rendered)).sort()).toEqual(Object.keys(written).sort());
  });
});
