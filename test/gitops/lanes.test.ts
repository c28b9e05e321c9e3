/** examples/gitops: what Argo CD and Flux make of open requests, and whether charts/lane takes it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { projectFile } from '../../runtime/project.ts';
import { hasHelm, type KubernetesObject, render } from '../charts/tools.ts';
import { crds, exampleObjects, facts, factsFrom, fileInModules } from './crds.ts';
import { applications, argoParameters, type Request, resources } from './expand.ts';

// Helm is a program of its own, and a CRD has up to a megabyte.
vi.setConfig({ testTimeout: 120_000 });

const all = [...exampleObjects('argo-cd'), ...exampleObjects('flux')];
const byKind = (kind: string) => all.filter((object) => object.kind === kind);
const known = facts();

const request = (branch: string, number = 1): Request => ({
  number,
  branch,
  sha: `${number}`.padStart(40, '0a1b2c3d'),
});

/** pipeline/version's answer; undefined where it refuses the branch. */
function version(branch: string): string | undefined {
  const { status, stdout } = spawnSync(projectFile('pipeline/version'), [branch], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

describe.each(Object.keys(crds))('%s', (kind) => {
  const { spec } = known[kind] ?? {};

  it('has only fields that its CRD has, of their types, and all that are needed', () => {
    const schema = z.fromJSONSchema({ ...spec } as Parameters<typeof z.fromJSONSchema>[0]);
    expect(byKind(kind).length).toBeGreaterThan(0);
    for (const { metadata, spec: written } of byKind(kind)) {
      expect([metadata.name, schema.safeParse(written).error?.issues]).toEqual([metadata.name, undefined]);
      expect(schema.safeParse({ ...written, sourceRefs: 1 }).success).toBe(false);
    }
  });

  const [module, file] = crds[kind] ?? ['', ''];
  const path = fileInModules(module, file);
  it.skipIf(!path)(
    `is as facts.yaml has it${path ? '' : ` (skipped: ${module} is not in Go's module cache)`}`,
    () => {
      expect(known[kind]?.from).toBe(`${module} ${file}`);
      expect(factsFrom(readFileSync(path ?? '', 'utf8'), byKind(kind))).toEqual(spec);
    },
  );
});

it('says of Argo CD only what the generator gives', () => {
  const given = [...Object.keys(argoParameters(request('x'))), 'values'];
  const texts = byKind('ApplicationSet').map(({ spec }) => JSON.stringify(spec));
  const used = texts.flatMap((text) =>
    [...text.matchAll(/\{\{.*?\}\}/g)].flatMap(([one]) => [...one.matchAll(/ \.(\w+)/g)]),
  );
  expect(used.length).toBeGreaterThan(10);
  expect(used.map(([, name]) => name).filter((name) => !given.includes(name ?? ''))).toEqual([]);
});

interface Lane {
  version: string;
  /** Of the object, and of the Helm release. */
  names: string[];
  values: object;
}

const makers: [name: string, make: (requests: readonly Request[]) => Lane[]][] = [
  ...byKind('ApplicationSet').map((set, index): (typeof makers)[number] => [
    `Argo CD ${index + 1}`,
    (requests) => applications(set, requests).map(ofApplication),
  ]),
  ...byKind('ResourceSet').map((set, index): (typeof makers)[number] => [
    `Flux ${index + 1}`,
    (requests) =>
      resources(set, byKind('ResourceSetInputProvider')[index] as KubernetesObject, requests).map(
        ofHelmRelease,
      ),
  ]),
];

const ofApplication = ({ metadata, spec }: KubernetesObject): Lane => ({
  names: [metadata.name, spec.source.helm.releaseName],
  values: spec.source.helm.valuesObject,
  version: spec.source.helm.valuesObject.version,
});
const ofHelmRelease = ({ metadata, spec }: KubernetesObject): Lane => ({
  names: [metadata.name, spec.releaseName],
  values: spec.values,
  version: spec.values.version,
});

describe.skipIf(!hasHelm)('open requests become lanes (needs helm)', () => {
  it.each(makers)('%s: one for each, of its commit', (_, make) => {
    const requests = [request('release-v4'), request('feature/Login', 2), request('123', 3)];
    const made = make(requests);
    expect(made.map((one) => one.version)).toEqual(['release-v4', 'feature-login', '123']);
    for (const [index, { values }] of made.entries()) {
      const { branch, sha } = requests[index] as Request;
      const image = (service: string) => expect.stringMatching(new RegExp(`/${service}:${sha}$`));
      expect(values).toMatchObject({
        branch,
        services: [
          { service: 'service-a', port: 31000, entry: true, image: image('service-a') },
          { service: 'service-b', port: 32000, image: image('service-b') },
        ],
      });
    }
  });

  it.each(makers)('%s: charts/lane takes what comes out', (name, make) => {
    const [lane] = make([request('feature/Login')]);
    const { names: [, release = ''] = [], values } = lane ?? {};
    const objects = render('lane', release, values as object);
    // Argo CD deletes by waves; Flux runs Helm, and with it the hooks.
    const isHook = ({ metadata }: KubernetesObject) => JSON.stringify(metadata).includes('pre-delete');
    expect(objects.some(isHook)).toBe(name.startsWith('Flux'));
    const { sha } = request('feature/Login');
    for (const [service, port] of [
      ['service-a', 31000],
      ['service-b', 32000],
    ]) {
      const own = objects.filter(({ metadata }) => metadata.name === `${service}-feature-login`);
      const of = (kind: string) => own.find((object) => object.kind === kind);
      expect(of('Deployment')?.metadata.annotations?.['coloring/branch']).toBe('feature/Login');
      const containers = of('Deployment')?.spec.template.spec.containers ?? [];
      expect(containers[0]?.image).toMatch(new RegExp(`/${service}:${sha}$`));
      expect(of('HTTPRoute')?.spec.parentRefs).toContainEqual({
        group: '',
        kind: 'Service',
        name: service,
        port,
      });
      expect(of('EnvoyFilter')).toBeDefined();
    }
  });

  it('the project lets Argo CD apply all that a lane and the baseline have, and nothing else', () => {
    const [project] = byKind('AppProject');
    const [baseline] = byKind('Application');
    const allowed = project?.spec.namespaceResourceWhitelist.map(
      ({ group, kind }: { group: string; kind: string }) => `${group} ${kind}`,
    );
    const [make] = makers.map(([, one]) => one);
    const values = [baseline?.spec.source.helm.valuesObject, make?.([request('x')])[0]?.values];
    const needed = values
      .flatMap((one) => render('lane', 'lane-x', { replicas: 2, ...one }))
      .filter(({ kind }) => kind !== 'Pod') // of `helm test`, which Argo CD leaves aside
      .map(({ apiVersion, kind }) => `${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''} ${kind}`);
    expect([...new Set(needed)].sort()).toEqual([...allowed].sort());
  });

  const odd = [
    'release',
    'Release',
    '_release.',
    '._.',
    '-x',
    'release-v1',
    'a_b',
    'grün',
    'İx',
    'x'.repeat(41),
  ];
  const unit = fc.constantFrom(...'abcXYZ019-_./"\'#%{}<>$é漢');
  const branches = [...odd, ...fc.sample(fc.string({ unit, minLength: 1, maxLength: 60 }), 60)];
  const expected = new Set(branches.map(version).filter((one) => one !== undefined && one !== 'release'));

  it.each(makers)(
    '%s: by the names of pipeline/version, none for the baseline and what has no name',
    (_, make) => {
      expect(expected.size).toBeGreaterThan(30);
      expect(new Set(make(branches.map(request)).map((one) => one.version))).toEqual(expected);
    },
  );
});
