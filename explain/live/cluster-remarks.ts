/** Which remarks count on a cluster. */
import type { Remark } from '../../mesh/remarks/remarks.ts';

/**
 * One gateway on one port is all that the local mesh has; on a cluster each has its own. Of namespaces in ambient mode
 * ambient.ts says more, as it sees the pods.
 */
const ofLocalMesh: ReadonlySet<Remark['code']> = new Set([
  'gateway-port-unheard',
  'gateway-not-heard',
  'namespace-ambient',
  'namespace-mixed',
]);

/** By its labels alone; on a cluster ambient.ts knows the pods too. */
const byPods: ReadonlySet<Remark['code']> = new Set(['namespace-ambient', 'namespace-mixed']);

export function countsOnCluster({ code }: Remark): boolean {
  return !ofLocalMesh.has(code) && !byPods.has(code);
}
