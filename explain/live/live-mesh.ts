/** What a running cluster has that decides about requests: read once, before questions are answered. */
import type { ObjectReader } from '../../cluster/objects.ts';
import { type Translation, translate } from '../../mesh/routing/gateway-api/translate.ts';
import { type MeshConfig, readMeshConfig } from './mesh-config.ts';
import { type LiveRegistry, registryOf } from './registry.ts';
import { type LiveRules, rulesOf } from './rules.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

export interface LiveMesh {
  snapshot: Snapshot;
  meshConfig: MeshConfig;
  live: LiveRegistry;
  read: LiveRules;
  /** The rules that were read, with HTTPRoutes as the VirtualServices that Istio makes of them. */
  translated: Translation;
}

/** @param otherwise namespaces to read where the user may not read all */
export async function readMesh(reader: ObjectReader, otherwise: readonly string[]): Promise<LiveMesh> {
  const [snapshot, meshConfig] = await Promise.all([takeSnapshot(reader, otherwise), readMeshConfig(reader)]);
  return meshOf(snapshot, meshConfig);
}

/** What the objects come to. */
export function meshOf(snapshot: Snapshot, meshConfig: MeshConfig): LiveMesh {
  const live = registryOf(snapshot, meshConfig.defaultServiceExportTo);
  const read = rulesOf(snapshot, meshConfig);
  return { snapshot, meshConfig, live, read, translated: translate(read.rules, live.registry) };
}
