/** What the fallback filters (istio/fallback.yaml) change for one proxy: clusters that it gets, routes that lead there. */
import type { FallbackFilter } from '../rules/model.ts';
import type { AggregateCluster, ProxyIdentity } from './decision.ts';
import { rootNamespace, selects } from './visibility.ts';

export interface Fallbacks {
  clusters: readonly AggregateCluster[];
  /** Name of a route -> the cluster that takes the place of its own. */
  clusterOfRoute: ReadonlyMap<string, string>;
}

/**
 * The fallbacks of `proxy`: an EnvoyFilter acts on the workloads of its own namespace, in the root namespace on all, and
 * of those on the ones that its workloadSelector selects and its patches' context means. The root namespace's act first
 * (Istio: pilot/pkg/model/push_context.go, EnvoyFilters). Of two clusters of one name the first is kept; of two
 * patches of one route the last.
 */
export function fallbacksFor(proxy: ProxyIdentity, filters: readonly FallbackFilter[]): Fallbacks {
  const applying = filters.filter(
    (filter) =>
      (filter.namespace === rootNamespace || filter.namespace === proxy.namespace) &&
      selects(filter.workloadSelector ?? {}, proxy.labels),
  );
  const ordered = [
    ...applying.filter((filter) => filter.namespace === rootNamespace),
    ...applying.filter((filter) => filter.namespace !== rootNamespace),
  ];
  const context = proxy.type === 'gateway' ? 'GATEWAY' : 'SIDECAR_OUTBOUND';
  const isMeant = (patch: { context: string }) => patch.context === 'ANY' || patch.context === context;

  const clusters = new Map<string, AggregateCluster>();
  const clusterOfRoute = new Map<string, string>();
  for (const filter of ordered) {
    for (const { name, members } of filter.clusters.filter(isMeant)) {
      if (!clusters.has(name)) clusters.set(name, { type: 'aggregate', name, members });
    }
    for (const { route, cluster, retryAtNext } of filter.routes.filter(isMeant)) {
      clusterOfRoute.set(route, cluster);
      const aggregate = clusters.get(cluster);
      if (aggregate && retryAtNext) clusters.set(cluster, { ...aggregate, retryAtNext });
    }
  }
  return { clusters: [...clusters.values()], clusterOfRoute };
}
