/** Fallbacks that point a route which nobody has, or to a cluster that nobody adds. */
import type { RuleSet } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';

export function idleFallbacks({ fallbackFilters, virtualServices }: RuleSet): Remark[] {
  const names = new Set(virtualServices.flatMap(({ http }) => http.map((route) => route.name)));
  return fallbackFilters.flatMap((filter) => {
    const clusters = new Set(
      fallbackFilters
        .filter(({ namespace }) => namespace === filter.namespace)
        .flatMap((each) => each.clusters.map((cluster) => cluster.name)),
    );
    return filter.routes.flatMap(({ route, cluster, place }): Remark[] => {
      const found = { place, object: about(filter) };
      if (!names.has(route)) {
        const message = `${route}: no VirtualService has a route of this name`;
        return [{ ...found, code: 'fallback-route-unknown', message }];
      }
      if (clusters.has(cluster)) return [];
      const message = `${cluster}: no EnvoyFilter adds this cluster, so ${route} answers 503`;
      return [{ ...found, code: 'fallback-cluster-unknown', message }];
    });
  });
}
