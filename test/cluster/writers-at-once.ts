/** Several write the routes of one service at once: each version is as its own writer said last. */
import { isDeepStrictEqual } from 'node:util';
import { readLaneStates } from '../../cluster/lane-state.ts';
import { type RoutesState, variablesOf } from '../../cluster/lane-steps.ts';
import { routesRelease } from '../../cluster/release-names.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const service = 'service-b';
/** Without pods: the baseline serves these colours throughout. */
const versions = ['writer-1', 'writer-2', 'writer-3'];
const states = ['subset', 'routed'] as const;

export async function writersAtOnce(test: TestCluster, report: Report): Promise<void> {
  await test.apply(versions.map((version) => deployment(test.namespace, version)).join('---\n'));
  const before = await statesSaid(test);
  for (const state of states) {
    await each(test, state);
    const [there, said] = [await statesThere(test), await statesSaid(test)];
    const lost = versions.filter((version) => there.get(version) !== state || said[version] !== state);
    report.check(
      `${versions.length} writers of one service, ${state}: none is lost`,
      lost.length === 0,
      lost,
    );
  }
  await test.kubectl('delete', 'deployments', '--selector', `app=${service},writer`);
  await each(test, 'forgotten');
  const after = await statesSaid(test);
  report.check('what has gone is not remembered', isDeepStrictEqual(after, before), after);
}

/** All versions, each by a writer of its own, until all proxies have it. */
async function each(test: TestCluster, state: RoutesState | 'forgotten'): Promise<void> {
  await Promise.all(
    versions.map((version) =>
      test.cluster.script('routes', [state, version], variablesOf(test.target(service, version))),
    ),
  );
}

/** What the release was told. */
async function statesSaid(test: TestCluster): Promise<Readonly<Record<string, string>>> {
  const values = await test.helm('get', 'values', routesRelease(service), '--output', 'json');
  return JSON.parse(values).states ?? {};
}

/** What the cluster has. */
async function statesThere(test: TestCluster): Promise<ReadonlyMap<string, RoutesState>> {
  const all = (await readLaneStates(test.cluster, test.namespace)) ?? [];
  const there = all.filter((one) => one.service === service && one.target === 'subset');
  return new Map(there.map(({ version, routed }) => [version, routed ? 'routed' : 'subset']));
}

function deployment(namespace: string, version: string): string {
  const labels = `{ app: ${service}, version: ${version}, writer: "" }`;
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${service}-${version}, namespace: ${namespace}, labels: ${labels} }
spec:
  replicas: 0
  selector: { matchLabels: ${labels} }
  template:
    metadata: { labels: ${labels} }
    spec: { containers: [{ name: app, image: none }] }
`;
}
