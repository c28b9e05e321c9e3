/** Fallbacks for a route that nobody has, to a cluster that nobody adds, or with a member that no proxy has. */
import type { RuleSet } from '../rules/model.ts';
import { noUpstream } from './no-upstream.ts';
import { about, type Remark } from './remark.ts';
import type { Views } from './views.ts';

/** Routes that nobody has, and clusters that nobody adds. */
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
        const message = `${route}: no rule has a route of this name`;
        return [{ ...found, code: 'fallback-route-unknown', message }];
      }
      if (clusters.has(cluster)) return [];
      const message = `${cluster}: no EnvoyFilter adds this cluster, so ${route} answers 503`;
      return [{ ...found, code: 'fallback-cluster-unknown', message }];
    });
  });
}

/** Members without any endpoint are what a fallback is for; those that are no cluster at all never serve. */
export function unknownMembers({ fallbackFilters }: RuleSet, views: Views): Remark[] {
  return fallbackFilters.flatMap((filter) =>
    filter.clusters.flatMap(({ name, members, place }) => {
      const seeing = views.all.filter(({ fallbacks }) => fallbacks.clusters.some((one) => one.name === name));
      return members.flatMap((member): Remark[] => {
        const causes = seeing.map((view) => noUpstream(view, destinationOf(member)));
        const [cause] = causes;
        if (!cause || causes.some((one) => !one || one.code === 'subset-selects-nobody')) return [];
        return [
          {
            code: 'fallback-member-unknown',
            place,
            object: about(filter),
            message: `${member} never serves: ${cause.message}`,
            ...(cause.wayOut && { wayOut: cause.wayOut }),
          },
        ];
      });
    }),
  );
}

/** `outbound|32000|release|service-b.coloring.svc.cluster.local`, as the parser has checked it. */
function destinationOf(member: string): { host: string; port: number; subset?: string } {
  const [, port, subset, host = ''] = member.split('|');
  return { host, port: Number(port), ...(subset && { subset }) };
}
