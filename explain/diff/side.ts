/** One side of a diff: objects, and what a mesh with them would decide. */

import type { Registry } from '../../mesh/network/registry.ts';
import { translate } from '../../mesh/routing/gateway-api/translate.ts';
import { type LiveMesh, meshOf } from '../live/live-mesh.ts';
import type { MeshConfig } from '../live/mesh-config.ts';
import { resources } from '../live/resources.ts';
import type { Snapshot } from '../live/snapshot.ts';
import { type AnyObject, groupOf } from './objects.ts';

export interface Side {
  objects: readonly AnyObject[];
  mesh: LiveMesh;
}

export function sideOf(objects: readonly AnyObject[], meshConfig: MeshConfig): Side {
  return { objects, mesh: meshOf(snapshotOf(objects), meshConfig) };
}

/** The same side, where these run. */
export function running({ objects, mesh }: Side, registry: Registry): Side {
  const translated = translate(mesh.read.rules, registry);
  return { objects, mesh: { ...mesh, live: { ...mesh.live, registry }, translated } };
}

function snapshotOf(objects: readonly AnyObject[]): Snapshot {
  const byKind = Map.groupBy(objects, ({ apiVersion, kind }) => `${groupOf(apiVersion)} ${kind}`);
  const listings = Object.entries(resources).map(([name, { group, kind }]) => [
    name,
    { items: byKind.get(`${groupOf(group)} ${kind}`) ?? [] },
  ]);
  return Object.fromEntries(listings) as Snapshot;
}
