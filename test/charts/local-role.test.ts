/** The Role that is shipped for `lane local` covers what its charts write, and nothing beyond one namespace. */
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { localLaneRole } from '../../cluster/local-lane/rights.ts';
import { hasHelm, render } from './tools.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const role = parse(await localLaneRole('shop')) as {
  kind: string;
  metadata: { namespace: string };
  rules: Rule[];
};
const local = { by: 'ann@laptop', since: '2026-11-26T19:00:00Z', session: 'laptop/1', publicKey: 'abc' };

/** What Helm does with an object that it keeps, with one that others made, and with one that is there for a moment. */
const keeping = ['get', 'create', 'update', 'patch', 'delete'];
const finding = ['get', 'patch'];
const running = ['get', 'watch', 'create', 'delete'];

it('is one Role of the namespace that is asked for, also in the command that binds it', async () => {
  expect(role).toMatchObject({ kind: 'Role', metadata: { namespace: 'shop' } });
  expect(await localLaneRole('shop')).toContain('--namespace shop --role');
  expect(await localLaneRole('shop')).not.toMatch(/namespace:? coloring\b(?!-)/);
});

it('names each resource and verb: no star', () => {
  for (const { apiGroups, resources, verbs } of role.rules)
    expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
});

describe.skipIf(!hasHelm)('what it covers (needs helm)', () => {
  test.each<[Parameters<typeof render>[0], object]>([
    ['version', { service: 'service-b', version: 'me', local }],
    ['routes', { service: 'service-b', port: 32000, versions: ['release', 'me'] }],
    ['routes', { service: 'service-a', port: 31000, versions: ['release', 'me'], entry: true }],
    ['lane', { service: 'service-b', version: 'me', port: 32000, baseline: 'release', local }],
  ])('all that charts/%s writes into the namespace', (chart, values) => {
    const written = render(chart, 'release', values).filter(
      ({ metadata }) => metadata.namespace !== 'istio-system' && !/-test(ed)?$/.test(metadata.name),
    );
    expect(written).not.toEqual([]);
    for (const { apiVersion, kind, metadata } of written) {
      const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
      const resource = `${kind.toLowerCase()}s`;
      const allowed = role.rules
        .filter((rule) => rule.apiGroups.includes(group ?? '') && rule.resources.includes(resource))
        .flatMap(({ verbs }) => verbs);
      const isHook = metadata.annotations?.['helm.sh/hook'] !== undefined;
      const needed = isHook ? running : kind === 'Gateway' ? finding : keeping;
      expect(allowed, `${apiVersion} ${kind}`).toEqual(expect.arrayContaining(needed));
    }
  });
});
