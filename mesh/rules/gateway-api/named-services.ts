/**
 * Of the Services among the rules those that an HTTPRoute names, or a fallback; the others are left aside, as they always
 * were.
 */
import type { FallbackFilter } from '../model.ts';
import type { ApiRoute, BackendRef, WrittenService } from './model.ts';

export function namedServices(
  services: readonly WrittenService[],
  routes: readonly ApiRoute[],
  fallbackFilters: readonly FallbackFilter[],
): WrittenService[] {
  const byRoutes = routes.flatMap(({ namespace: own, parents, rules }) => {
    const backends: BackendRef[] = rules.flatMap((rule) => [
      ...rule.backends,
      ...rule.mirrors.map(({ backend }) => backend),
    ]);
    return [...parents, ...backends].map(({ name, namespace = own }) => `${name}.${namespace}`);
  });
  const byFallbacks = fallbackFilters.flatMap(({ clusters }) =>
    clusters.flatMap(({ members }) => members.map(serviceOf)),
  );
  const named = new Set([...byRoutes, ...byFallbacks]);
  return services.filter(({ name, namespace }) => named.has(`${name}.${namespace}`));
}

/** `service-b.coloring` of `outbound|32000||service-b.coloring.svc.cluster.local`. */
function serviceOf(member: string): string {
  return (member.split('|')[3] ?? '').replace('.svc.cluster.local', '');
}
