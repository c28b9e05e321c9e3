/** Consistent hashes behind weights: which destination gets a request is chance, so no key stays in one place. */
import { RouteHashes } from '../routing/hash.ts';
import type { HashBy, HttpRoute, RuleSet } from '../rules/model.ts';
import { aboutRoute, fieldOf, type Remark } from './remark.ts';
import type { View, Views } from './views.ts';

export function hashesUnderWeights(rules: RuleSet, views: Views): Remark[] {
  const hashesOf = new Map<View, RouteHashes>();
  for (const view of views.all) hashesOf.set(view, new RouteHashes(view.services, rules, view.proxy));
  return rules.virtualServices.flatMap((rule) => {
    const hashes = views.of(rule).flatMap((view) => hashesOf.get(view) ?? []);
    return rule.http.flatMap((route, i): Remark[] => {
      const by = hashUnderWeights(route, hashes);
      if (by === undefined) return [];
      return [
        {
          code: 'hash-under-weights',
          place: route.place,
          object: aboutRoute(rule, route),
          field: `${fieldOf(route, i)}.${route.from ? 'backendRefs' : 'route'}`,
          message: `the weights send each request where chance says, so ${keyOf(by)} does not keep a client in one place`,
          wayOut: 'match clients by a header instead of weights',
        },
      ];
    });
  });
}

/** What one of several destinations hashes. */
function hashUnderWeights({ action }: HttpRoute, hashes: readonly RouteHashes[]): HashBy | undefined {
  if (action.type !== 'route') return undefined;
  const split = action.destinations.filter(({ weight }) => weight > 0);
  if (split.length < 2) return undefined;
  return hashes.flatMap((each) =>
    split.flatMap(({ destination }) => each.ofDestination(destination) ?? []),
  )[0];
}

function keyOf(by: HashBy): string {
  return by.type === 'sourceIp'
    ? 'consistentHash by source address'
    : `consistentHash by ${by.type} ${by.name}`;
}
