import { beforeEach, expect, it } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { CommandFailed } from '../../cluster/shell.ts';
import { ClusterChanges } from './cluster-changes.ts';

/** One VirtualService, patched as the API server does it. */
class FakeCluster {
  readonly context = 'test';
  version = 1;
  spec: { http: unknown[] } = {
    http: [
      { name: 'b/v1', route: [{ destination: { host: 'b', subset: 'v1' } }] },
      { name: 'b/release', route: [{ destination: { host: 'b', subset: 'release' } }] },
    ],
  };

  get object() {
    const labels = { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'b-routes' };
    const metadata = { name: 'b', namespace: 'n', resourceVersion: `${this.version}`, labels };
    return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec: this.spec };
  }

  async get() {
    return structuredClone(this.object);
  }

  async kubectl(args: readonly string[]) {
    const [test, replace] = JSON.parse(args[args.indexOf('--patch') + 1] ?? '[]');
    if (test.value !== `${this.version}`)
      throw new CommandFailed(
        'kubectl patch',
        'The request is invalid: the server rejected our request due to an error in our request',
      );
    this.spec = { http: replace.value };
    this.version++;
    return JSON.stringify(this.object);
  }
}

const rule = 'VirtualService n/b';
let cluster: FakeCluster;
let changes: ClusterChanges;
beforeEach(() => {
  cluster = new FakeCluster();
  changes = new ClusterChanges(cluster as unknown as Cluster);
});

it('shows the difference and the command, patches, and takes it back', async () => {
  const before = structuredClone(cluster.spec);
  const plan = await changes.plan([{ rule, route: 0, type: 'fault', delayMs: 1_000, percent: 100 }]);
  expect(plan.command).toMatch(
    /^kubectl --context test patch virtualservice b --namespace n --type json --patch '\[\{"op":"test"/,
  );
  expect(plan.parts[0]?.diff.filter(({ type }) => type === 'added').map(({ text }) => text.trim())).toEqual([
    'fault: { delay: { percentage: { value: 100 }, fixedDelay: 1s } }',
  ]);
  expect(plan.remarks).toEqual([expect.stringContaining('Helm release b-routes writes it anew')]);
  expect(cluster.spec).toEqual(before);
  await changes.apply(plan.id);
  expect(cluster.spec.http[0]).toMatchObject({ fault: { delay: { fixedDelay: '1s' } } });
  expect(changes.undoable).toEqual({ id: plan.id, what: rule });
  await changes.undo(plan.id);
  await expect(changes.undo(plan.id)).rejects.toMatchObject({ status: 404 });
  expect(cluster.spec).toEqual(before);
  expect(changes.undoable).toBe(undefined);
});

it('switches circuit breaking on and off in the DestinationRule', async () => {
  const policies: unknown[] = [];
  const object = (spec: object) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'b', namespace: 'n', resourceVersion: '1' },
    spec: { host: 'b', ...spec },
  });
  let spec = {};
  const fake = {
    context: 'test',
    get: async () => object(spec),
    kubectl: async (args: readonly string[]) => {
      expect(args.slice(0, 3)).toEqual(['patch', 'destinationrule', 'b']);
      const [, { op, path, value }] = JSON.parse(args[args.indexOf('--patch') + 1] ?? '[]');
      expect(path).toBe('/spec/trafficPolicy');
      policies.push(op === 'remove' ? 'removed' : Object.keys(value));
      spec = op === 'remove' ? {} : { trafficPolicy: value };
      return JSON.stringify(object(spec));
    },
  };
  const ofRule = new ClusterChanges(fake as unknown as Cluster);
  const edit = (on: boolean) => ({ rule: 'DestinationRule n/b', type: 'circuit-breaking', on }) as const;
  await expect(ofRule.plan([edit(false)])).rejects.toMatchObject({ status: 400 });
  const { id } = await ofRule.plan([edit(true)]);
  await ofRule.apply(id);
  expect(ofRule.undoable).toEqual({ id, what: 'DestinationRule n/b' });
  await ofRule.undo(id);
  await ofRule.apply((await ofRule.plan([edit(true)])).id);
  await ofRule.apply((await ofRule.plan([edit(false)])).id);
  const both = ['connectionPool', 'outlierDetection'];
  expect(policies).toEqual([both, 'removed', both, 'removed']);
});

it('does not overwrite what somebody else changed meanwhile', async () => {
  const plan = await changes.plan([{ rule, route: 1, type: 'remove' }]);
  cluster.version++;
  await expect(changes.apply(plan.id)).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('somebody else'),
  });
  expect(cluster.spec.http).toHaveLength(2);
});

it('does not take back what somebody else changed since', async () => {
  const { id } = await changes.plan([{ rule, route: 1, type: 'remove' }]);
  await changes.apply(id);
  cluster.version++;
  await expect(changes.undo(id)).rejects.toMatchObject({ status: 409 });
  expect(cluster.spec.http).toHaveLength(1);
  expect(changes.undoable).toBe(undefined);
});

it('one change is taken back at a time, however often it is asked for', async () => {
  const before = structuredClone(cluster.spec);
  const ids: string[] = [];
  for (const route of [0, 1]) {
    const plan = await changes.plan([{ rule, route, type: 'fault', delayMs: 1_000, percent: 100 }]);
    await changes.apply(plan.id);
    ids.push(plan.id);
  }
  const [first = '', last = ''] = ids;
  const outcomes = await Promise.allSettled([changes.undo(last), changes.undo(last)]);
  expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { status: 409 } }]);
  expect(changes.undoable?.id).toBe(first);
  await changes.undo(first);
  expect(cluster.spec).toEqual(before);
});

it('changes no HTTPRoutes, and says where they are changed', async () => {
  const ofService = 'HTTPRoutes of Service service-b.coloring:32000';
  await expect(changes.plan([{ rule: ofService, route: 0, type: 'remove' }])).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining(`${ofService} are not changed from here`),
  });
});
