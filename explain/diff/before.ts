/** What is there before a change: the objects of a cluster, as far as the user may see them. */
import type { ObjectReader, Resource } from '../../cluster/objects.ts';
import { type MeshConfig, readMeshConfig } from '../live/mesh-config.ts';
import { resources } from '../live/resources.ts';
import { notSeen, takeSnapshot } from '../live/snapshot.ts';
import { type AnyObject, groupOf } from './objects.ts';

export interface Before {
  objects: AnyObject[];
  meshConfig: MeshConfig;
  /** Whether services and pods of all namespaces can be seen. */
  isWhole: boolean;
  /** What cannot, a line each. */
  notSeen: string[];
}

/** What makes pods: a version that is scaled to zero is one all the same. */
export const workloads: readonly Resource[] = ['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ({
  group: 'apps/v1',
  plural: `${kind.toLowerCase()}s`,
  kind,
}));

/** Whether requests depend on objects of this kind, so that it is read. */
export function isLookedAt({ apiVersion, kind }: AnyObject): boolean {
  return [...Object.values(resources), ...workloads].some(
    (resource) => resource.kind === kind && groupOf(resource.group) === groupOf(apiVersion),
  );
}

/** @param otherwise namespaces to read where the user may not read all */
export async function readBefore(reader: ObjectReader, otherwise: readonly string[]): Promise<Before> {
  const [snapshot, meshConfig, ...made] = await Promise.all([
    takeSnapshot(reader, otherwise),
    readMeshConfig(reader),
    ...workloads.map((resource) => reader.list<AnyObject>(resource, otherwise)),
  ]);
  const blind = workloads.filter((_, i) => made[i]?.refused !== undefined).map(({ kind }) => kind);
  return {
    objects: [
      ...Object.values(snapshot).flatMap(({ items }) => items),
      ...made.flatMap(({ items }) => items),
    ],
    meshConfig,
    isWhole: !snapshot.services.refused && !snapshot.pods.refused,
    notSeen: [
      ...notSeen(snapshot),
      ...(blind.length > 0
        ? [`${blind.join(', ')}: a version scaled to zero may count as not deployed`]
        : []),
    ],
  };
}
