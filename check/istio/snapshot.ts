/** What a cluster holds, to see afterwards that nothing stayed behind and nothing else was touched. */
import type { Kubernetes } from './kubernetes.ts';

/** What each object was last changed by, by `kind namespace/name`. */
export type Snapshot = ReadonlyMap<string, string>;

/** All of Istio's kinds. */
const istioGroups = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io'];

interface List {
  items: {
    metadata: {
      name: string;
      namespace?: string;
      uid: string;
      generation?: number;
      deletionTimestamp?: string;
    };
  }[];
}

/** Namespaces; Istio's objects, Services and Deployments of all namespaces; without what somebody is deleting. */
export async function takeSnapshot(api: Kubernetes): Promise<Snapshot> {
  const paths = new Map([
    ['namespaces', '/api/v1/namespaces'],
    ['services', '/api/v1/services'],
    ['deployments', '/apis/apps/v1/deployments'],
  ]);
  const { groups } = await api.read<{ groups: { name: string; versions: { groupVersion: string }[] }[] }>(
    '/apis',
  );
  for (const { versions } of groups.filter(({ name }) => istioGroups.includes(name))) {
    for (const { groupVersion } of versions) {
      const { resources } = await api.read<{ resources: { name: string }[] }>(`/apis/${groupVersion}`);
      // The same objects are there in every version of their group.
      for (const { name } of resources.filter(({ name }) => !name.includes('/') && !paths.has(name))) {
        paths.set(name, `/apis/${groupVersion}/${name}`);
      }
    }
  }
  const lists = await Promise.all(
    [...paths].map(async ([kind, path]) => ({ kind, items: (await api.read<List>(path)).items })),
  );
  const goes = (metadata: List['items'][number]['metadata']) => metadata.deletionTimestamp !== undefined;
  const namespaces = lists.find(({ kind }) => kind === 'namespaces')?.items ?? [];
  const going = new Set(
    namespaces.filter(({ metadata }) => goes(metadata)).map(({ metadata }) => metadata.name),
  );
  return new Map(
    lists.flatMap(({ kind, items }) =>
      items
        .filter(({ metadata }) => !goes(metadata) && !going.has(metadata.namespace ?? ''))
        .map(({ metadata: { namespace = '', name, uid, generation = 0 } }) => [
          `${kind} ${namespace ? `${namespace}/` : ''}${name}`,
          `${uid} ${generation}`,
        ]),
    ),
  );
}

/** What is new, changed or gone, a line each; none where all is as before. */
export function snapshotDifferences(before: Snapshot, after: Snapshot): string[] {
  const added = [...after.keys()].filter((name) => !before.has(name)).map((name) => `${name} is new`);
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `${name} is gone`);
  const changed = [...after]
    .filter(([name, state]) => before.has(name) && before.get(name) !== state)
    .map(([name]) => `${name} was changed`);
  return [...added, ...gone, ...changed];
}

/** `15 namespaces, 12 virtualservices`: what is in a snapshot, in a line. */
export function snapshotInWords(snapshot: Snapshot): string {
  const counts = new Map<string, number>();
  for (const name of snapshot.keys()) {
    const kind = name.split(' ')[0] ?? '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
