/** Heads with the path as Envoy normalises it before it looks for a route. */
import { normalizePath } from '../proxy/path.ts';
import type { RequestHead } from './decision.ts';

/**
 * The head as rules see it. Normalising is Istio's default, so neither a rule nor an upstream ever sees `/a/../b`
 * (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization, BASE).
 */
export function withNormalPath(head: RequestHead): RequestHead {
  const path = normalizePath(head.path);
  return path === head.path ? head : { ...head, path };
}
