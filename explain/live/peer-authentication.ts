/** Which callers a workload takes: https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
import { rootNamespace, selects } from '../../mesh/routing/visibility.ts';
import type { IstioObject } from './resources.ts';

interface Spec {
  selector?: { matchLabels?: Record<string, string> };
  mtls?: { mode?: string };
  portLevelMtls?: Record<string, { mode?: string }>;
}

/** The policy by which a workload takes callers with a certificate of the mesh only, on this port; undefined: all. */
export function strictBy(
  all: readonly IstioObject[],
  { namespace, labels }: { namespace: string; labels: Readonly<Record<string, string>> },
  port: number,
): string | undefined {
  const specOf = (one: IstioObject) => (one.spec ?? {}) as Spec;
  const isForAll = (one: IstioObject) => Object.keys(specOf(one).selector?.matchLabels ?? {}).length === 0;
  const own = all.filter(({ metadata }) => metadata.namespace === namespace);
  const inOrder = [
    ...own.filter((one) => !isForAll(one) && selects(specOf(one).selector?.matchLabels ?? {}, labels)),
    ...own.filter(isForAll),
    ...all.filter((one) => one.metadata.namespace === rootNamespace && isForAll(one)),
  ];
  for (const one of inOrder) {
    const { mtls, portLevelMtls = {} } = specOf(one);
    const mode = portLevelMtls[port]?.mode ?? mtls?.mode ?? 'UNSET';
    if (mode === 'UNSET') continue;
    return mode === 'STRICT'
      ? `PeerAuthentication ${one.metadata.namespace}/${one.metadata.name}`
      : undefined;
  }
  return undefined;
}
