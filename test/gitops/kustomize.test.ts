/** examples/gitops/kustomize: a lane as an overlay, in two phases that together are all of it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { projectFile } from '../../runtime/project.ts';
import { has, keyOf, parseObjects } from '../charts/tools.ts';

// kubectl is a program of its own.
vi.setConfig({ testTimeout: 60_000 });

const lane = projectFile('examples/gitops/kustomize/release-v3');
const build = (folder: string) =>
  parseObjects(execFileSync('kubectl', ['kustomize', `${lane}/${folder}`], { encoding: 'utf8' }));
const kubectl = has('kubectl', 'version', '--client');

it('has the rules that coloring rules writes', () => {
  const written = readFileSync(`${lane}/rules/lane-release-v3.yaml`, 'utf8');
  expect(written).toBe(readFileSync(projectFile('gateway-api/lane-release-v3.yaml'), 'utf8'));
});

describe.skipIf(!kubectl)(`kubectl kustomize${kubectl ? '' : ' (skipped: no kubectl)'}`, () => {
  const rules = () => parseObjects(readFileSync(`${lane}/rules/lane-release-v3.yaml`, 'utf8'));

  it('makes the pods of one version, that all rules find', () => {
    const [deployment] = build('version');
    expect(deployment?.metadata).toMatchObject({ name: 'service-b-release-v3', namespace: 'coloring' });
    const { selector, template } = deployment?.spec ?? {};
    expect(template.metadata.labels).toEqual({ app: 'service-b', version: 'release-v3' });
    expect(selector.matchLabels).toEqual(rules().find(({ kind }) => kind === 'Service')?.spec.selector);
    expect(template.spec.containers[0].image).toMatch(/service-b:release-v3$/);
  });

  it('has all in two phases, the route alone in the second', () => {
    const first = build('pods');
    const second = build('route');
    expect(second.map(({ kind }) => kind)).toEqual(['HTTPRoute']);
    expect(first.map(({ kind }) => kind)).not.toContain('HTTPRoute');
    const both = [...first, ...second];
    expect(both.map(keyOf).sort()).toEqual([...rules(), ...build('version')].map(keyOf).sort());
    for (const rule of rules()) expect(both).toContainEqual(rule);
  });
});
