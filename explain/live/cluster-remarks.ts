/** Which remarks count on a cluster. */
import type { Remark } from '../../mesh/remarks/remarks.ts';

/** One gateway on one port is all that the local mesh has; on a cluster each has its own. */
const ofLocalMesh: readonly Remark['code'][] = ['gateway-port-unheard', 'gateway-not-heard'];

/** By labels of namespaces alone; on a cluster ambient.ts says more, as it sees the pods. */
const byPods: readonly Remark['code'][] = ['namespace-ambient', 'namespace-mixed'];

export function countsOnCluster({ code, object }: Remark): boolean {
  if (object.kind === 'EnvoyFilter' && object.name.endsWith(beforehand) && idle.includes(code)) return false;
  return !ofLocalMesh.includes(code) && !byPods.includes(code);
}

/** An EnvoyFilter of charts/routes for versions that may come. */
const beforehand = '-beforehand';
const idle: readonly Remark['code'][] = ['fallback-route-unknown', 'fallback-member-unknown'];
