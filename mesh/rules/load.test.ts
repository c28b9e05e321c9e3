import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remarks } from '../remarks/remarks.ts';
import { demo } from '../routing/testing.ts';
import { formatProblem, loadRules, parseRules } from './load.ts';
import { object, problemsOf, rulesOf } from './testing.ts';

const istio = join(import.meta.dirname, '../../istio');
const routeToB = object('VirtualService', 'hosts: [b]\nhttp: [{ route: [{ destination: { host: b } }] }]');
const rule = object('DestinationRule', 'host: b');

describe('loadRules', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rules-'));
    await writeFile(join(folder, 'b.yaml'), routeToB);
    await writeFile(join(folder, 'a.yml'), rule);
    await writeFile(join(folder, 'notes.txt'), 'not: [yaml');
    await mkdir(join(folder, 'install'));
    await writeFile(join(folder, 'install', 'values.yaml'), 'not: a rule');
    await mkdir(join(folder, 'folder.yaml'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("loads the kit's own rules with nothing to say", async () => {
    const result = await loadRules(istio);
    if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
    expect(remarks(result.rules, demo)).toEqual([]);
    const names = result.rules.virtualServices.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['service-a-gateway', 'service-a', 'service-b']));
    expect(result.rules.fallbackFilters.flatMap(({ routes }) => routes)).toHaveLength(6);
    expect(result.rules.ignored).toEqual([]);
  });

  it('reads a folder in the order of names, without the folders in it, and single files', async () => {
    const result = await loadRules(folder);
    expect(result).toMatchObject({
      ok: true,
      rules: { virtualServices: [{ place: { file: join(folder, 'b.yaml') } }] },
    });
    const one = await loadRules([join(folder, 'a.yml')]);
    expect(one).toMatchObject({
      ok: true,
      rules: { virtualServices: [], destinationRules: [{ name: 'b' }] },
    });
  });

  it('says which path cannot be read, besides what is wrong in the others', async () => {
    const nowhere = join(folder, 'nowhere');
    const result = await loadRules([nowhere, join(folder, 'notes.txt')]);
    if (result.ok) throw new Error('loaded');
    expect(result.problems.map(({ file }) => file)).toContain(nowhere);
    expect(result.problems.map(({ file }) => file)).toContain(join(folder, 'notes.txt'));
  });
});

describe('parseRules', () => {
  it('takes the default namespace where none is written', () => {
    const text = routeToB.replace(', namespace: coloring', '');
    const hosts = (options?: { defaultNamespace: string }) =>
      rulesOf(text, options).virtualServices[0]?.hosts;
    expect(hosts()).toEqual(['b.default.svc.cluster.local']);
    expect(hosts({ defaultNamespace: 'coloring' })).toEqual(['b.coloring.svc.cluster.local']);
    const empty = routeToB.replace('namespace: coloring', 'namespace: ""');
    expect(rulesOf(empty).virtualServices[0]?.namespace).toBe('default');
  });

  it('lists objects of other kinds as ignored', () => {
    const text = `apiVersion: v1
kind: Namespace
metadata: { name: coloring }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: b }
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: t }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: p }
spec: { mtls: { mode: PERMISSIVE } }
`;
    expect(rulesOf(text).ignored.map(({ kind, name, place }) => `${place.line} ${kind} ${name}`)).toEqual([
      '1 Namespace coloring',
      '5 Deployment b',
      '9 Telemetry t',
      '13 PeerAuthentication p',
    ]);
  });

  it.each([
    [
      'security.istio.io/v1',
      'AuthorizationPolicy',
      'kind AuthorizationPolicy: not run by the local mesh; use a cluster',
    ],
    ['networking.istio.io/v1', 'Sidecar', 'kind Sidecar: not run by the local mesh; use a cluster'],
    ['gateway.networking.k8s.io/v1', 'TLSRoute', 'kind TLSRoute: not run by the local mesh; use a cluster'],
    [
      'gateway.networking.k8s.io/v1alpha2',
      'HTTPRoute',
      'apiVersion: gateway.networking.k8s.io/v1alpha2: Istio has this kind in gateway.networking.k8s.io/v1, gateway.networking.k8s.io/v1beta1',
    ],
    [
      'gateway.networking.k8s.io/v1',
      'HTTPRoutes',
      'kind: HTTPRoutes: no kind of the Gateway API; did you mean HTTPRoute?',
    ],
    [
      'gateway.networking.x-k8s.io/v1alpha1',
      'XMesh',
      'gateway.networking.x-k8s.io/v1alpha1 (Gateway API): not run by the local mesh; use a cluster',
    ],
    [
      'networking.istio.io/v2',
      'VirtualService',
      'apiVersion: networking.istio.io/v2: Istio has this kind in networking.istio.io/v1, networking.istio.io/v1beta1, networking.istio.io/v1alpha3',
    ],
    [
      'networking.istio.io/v1',
      'EnvoyFilter',
      'apiVersion: networking.istio.io/v1: Istio has this kind in networking.istio.io/v1alpha3',
    ],
    [
      'networking.istio.io/v1',
      'VirtualServce',
      'kind: VirtualServce: no kind of Istio; did you mean VirtualService?',
    ],
    [
      'security.istio.io/v1',
      'VirtualService',
      'kind: VirtualService: no kind of Istio; did you mean VirtualService?',
    ],
  ])('refuses %s %s', (apiVersion, kind, expected) => {
    const [problem] = problemsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x }\n`);
    expect(problem?.replace(/^\d+: \S+ x: /, '')).toBe(expected);
  });

  it('refuses mTLS that turns callers without a sidecar away', () => {
    const text =
      'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: x }\nspec: { mtls: { mode: STRICT } }\n';
    expect(problemsOf(text)).toEqual([
      '4: PeerAuthentication x: spec: mTLS mode STRICT: not run by the local mesh; use a cluster',
    ]);
  });

  it.each([
    ['a: 1', '1: not a Kubernetes object: it needs apiVersion and kind'],
    ['- 1', '1: not a Kubernetes object: it needs apiVersion and kind'],
    [
      rule.replace('metadata: { name: b, namespace: coloring }\n', ''),
      '1: DestinationRule: metadata: is missing',
    ],
    [
      rule.replace('name: b', 'name: B'),
      '3: DestinationRule B: metadata.name: "B": not a name for an object',
    ],
    [
      rule.replace('namespace: coloring', 'labels: { a: 1 }'),
      '3: DestinationRule b: metadata.labels.a: expected a string, got 1, a number; put it in quotes',
    ],
    [
      rule.replace('name: b', 'name: b, nmae: c'),
      '3: DestinationRule b: metadata.nmae: unknown field; did you mean name?',
    ],
    [rule.replace('spec:', 'spce:'), /spce: unknown field; did you mean spec\?/],
  ])('refuses %j', (text, expected) => {
    const found = problemsOf(text).join('\n');
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });

  it('reads lists, JSON and what kubectl get prints', () => {
    const printed = rule.replace(
      'namespace: coloring }',
      'namespace: coloring, uid: x, generation: 1, resourceVersion: "5", creationTimestamp: null, annotations: { a: b } }\nstatus: {}',
    );
    const json = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'networking.istio.io/v1',
          kind: 'DestinationRule',
          metadata: { name: 'c' },
          spec: { host: 'c' },
        },
      ],
    });
    expect(rulesOf(`${printed}---\n${json}\n`).destinationRules.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  it('refuses the second of one name in one namespace, in both places', () => {
    const result = parseRules([
      { file: 'one.yaml', text: rule },
      { file: 'two.yaml', text: `---\n${rule}---\n${rule.replace('coloring', 'other')}` },
    ]);
    if (result.ok) throw new Error('loaded');
    expect(result.problems.map(formatProblem)).toEqual([
      'one.yaml:1: DestinationRule b: metadata.name: namespace coloring has one of this name already, at two.yaml:2; the last applied would win',
      'two.yaml:2: DestinationRule b: metadata.name: namespace coloring has one of this name already, at one.yaml:1; the last applied would win',
    ]);
  });

  it('says what is wrong in all files at once, by file and line', () => {
    const result = parseRules([
      { file: 'b.yaml', text: 'a: [' },
      {
        file: 'a.yaml',
        text: `${object('Gateway', 'servers: []')}---\n${object('VirtualService', 'hosts: [b]')}`,
      },
    ]);
    if (result.ok) throw new Error('loaded');
    expect(result.problems.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'a.yaml:5',
      'a.yaml:10',
      'b.yaml:1',
    ]);
  });
});
