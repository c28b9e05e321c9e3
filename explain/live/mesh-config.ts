/** The settings of the mesh as a whole that decide where requests go: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */

import { parse } from 'yaml';
import { z } from 'zod';
import { istioNamespace } from '../../cluster/istio.ts';
import type { KubernetesObject, ObjectReader } from '../../cluster/objects.ts';
import { configMaps } from './resources.ts';

const schema = z.object({
  outboundTrafficPolicy: z
    .object({ mode: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']).default('ALLOW_ANY') })
    .optional(),
  rootNamespace: z.string().optional(),
  trustDomain: z.string().optional(),
  defaultServiceExportTo: z.array(z.string()).optional(),
  defaultVirtualServiceExportTo: z.array(z.string()).optional(),
  defaultDestinationRuleExportTo: z.array(z.string()).optional(),
});

export type MeshConfig = z.infer<typeof schema> & {
  /** Nobody could be asked: these are Istio's defaults. */
  assumed?: true;
};

interface ConfigMap extends KubernetesObject {
  data?: { mesh?: string };
}

/** @param revision of istiod that the caller obeys; undefined: the default one */
export async function readMeshConfig(reader: ObjectReader, revision?: string): Promise<MeshConfig> {
  const name = revision && revision !== 'default' ? `istio-${revision}` : 'istio';
  const found = await reader.find<ConfigMap>(configMaps, istioNamespace, name);
  if (!found) return { assumed: true };
  return schema.parse(parse(found.data?.mesh ?? '') ?? {});
}
