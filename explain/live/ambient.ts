/** Namespaces of a cluster in ambient mode, and sidecars whose requests go past the waypoints there. */
import { type Pod, proxyType } from '../../cluster/pods.ts';
import { ambientMessage, ambientWayOut, isAmbient } from '../../mesh/remarks/ambient.ts';
import type { LiveRemark } from './lint.ts';
import type { Snapshot } from './snapshot.ts';

/** A namespace counts as ambient by its label, or by a pod that has joined by itself. */
export function ambientNamespaces({ namespaces, pods }: Snapshot): LiveRemark[] {
  const labelled = namespaces.items
    .filter(({ metadata }) => isAmbient(metadata.labels ?? {}))
    .map(({ metadata }) => metadata.name);
  const joined = pods.items.filter(isInAmbientMesh).map(({ metadata }) => metadata.namespace);
  const sidecars = Map.groupBy(
    pods.items.filter((pod) => proxyType(pod) === 'sidecar'),
    ({ metadata }) => metadata.namespace,
  );
  return [...new Set([...labelled, ...joined])].sort().map((name): LiveRemark => {
    const place = { file: `Namespace ${name}`, line: 0 };
    const object = { kind: 'Namespace', namespace: name, name };
    const own = sidecars.get(name) ?? [];
    const others = [...sidecars.keys()].filter((other) => other !== name).sort();
    if (own.length > 0) {
      return {
        code: 'namespace-mixed',
        place,
        object,
        message: `in ambient mode, and some pods have sidecars (${shortList(own)}): their requests go past all waypoints`,
        wayOut: 'restart them without injection, or take the namespace out of ambient mode',
      };
    }
    const past =
      others.length > 0 ? `, and requests from sidecars of ${others.join(', ')} go past its waypoints` : '';
    return {
      code: 'namespace-ambient',
      place,
      object,
      message: `${ambientMessage}${past}`,
      wayOut: ambientWayOut,
    };
  });
}

/** Istio's node agent writes this when it has taken the pod in. */
function isInAmbientMesh({ metadata }: Pod): boolean {
  return (
    isAmbient(metadata.labels ?? {}) || metadata.annotations?.['ambient.istio.io/redirection'] === 'enabled'
  );
}

/** The first three by name. */
function shortList(pods: readonly Pod[]): string {
  const names = pods.map(({ metadata }) => metadata.name).sort();
  const more = names.length > 3 ? [`${names.length - 3} more`] : [];
  return [...names.slice(0, 3), ...more].join(', ');
}
