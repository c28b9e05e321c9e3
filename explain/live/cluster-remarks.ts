/** Which remarks count on a cluster. */
import type { Remark } from '../../mesh/remarks/remarks.ts';

/** One gateway on one port is all that the local mesh has; on a cluster each has its own. */
const ofLocalMesh: readonly Remark['code'][] = ['gateway-port-unheard', 'gateway-not-heard'];

/** By labels of namespaces alone; on a cluster ambient.ts says more, as it sees the pods. */
const byPods: readonly Remark['code'][] = ['namespace-ambient', 'namespace-mixed'];

export function countsOnCluster({ code }: Remark): boolean {
  return !ofLocalMesh.includes(code) && !byPods.includes(code);
}
