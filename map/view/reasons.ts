/** What explain says of a hop, as the page gets it. */
import { shortened } from '../../explain/shortened.ts';
import type { Explanation } from '../../mesh/routing/explain.ts';
import { formatPlace } from '../../mesh/rules/problem.ts';
import type { HopReason } from '../protocol.ts';

/** @param told undefined where that proxy is no more */
export function explained(told: Explanation | undefined): Pick<HopReason, 'tried' | 'destinations'> {
  const { virtualHosts = [], routes = [], destinations = [] } = told ?? {};
  // Which virtual host was taken goes without saying, unless none was.
  const verdicts = virtualHosts.some(({ matched }) => matched) ? routes : virtualHosts;
  return {
    tried: shortened(verdicts).map(({ name, rule, matched, reason }) => ({
      name: name || rule?.name || '',
      place: rule ? formatPlace(rule.place) : 'Istio',
      matched,
      ...(reason && { reason }),
    })),
    destinations: destinations.map(({ cluster, percent }) => ({ cluster, percent })),
  };
}
