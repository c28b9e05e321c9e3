/** What Istio takes without a word, and which rarely is what was meant. */
import type { RuleSet } from './model.ts';
import type { Problem } from './problem.ts';

/** Every surprise in a set of rules that is valid. */
export function surprises(rules: RuleSet): Problem[] {
  return [...unreachableRoutes(rules), ...missingSubsets(rules)];
}

function unreachableRoutes({ virtualServices }: RuleSet): Problem[] {
  return virtualServices.flatMap(({ name, http }) => {
    const catchAll = http.findIndex((route) => route.match.length === 0);
    if (catchAll < 0) return [];
    return http.slice(catchAll + 1).map((route, i) => ({
      ...route.place,
      object: `VirtualService ${name}`,
      field: `spec.http[${catchAll + 1 + i}]`,
      message: `never reached: spec.http[${catchAll}] takes every request before it`,
    }));
  });
}

function missingSubsets(rules: RuleSet): Problem[] {
  const subsets = new Map<string, Set<string>>();
  for (const rule of rules.destinationRules) {
    const known = subsets.get(rule.host) ?? new Set();
    for (const subset of rule.subsets) known.add(subset.name);
    subsets.set(rule.host, known);
  }
  return rules.virtualServices.flatMap(({ name, http }) =>
    http.flatMap(({ action }) => {
      if (action.type !== 'route') return [];
      return action.destinations.flatMap(({ destination }) => {
        const { host, subset, place } = destination;
        if (subset === undefined || subsets.get(host)?.has(subset)) return [];
        const has = [...(subsets.get(host) ?? [])].join(', ') || 'none';
        const message = `subset ${JSON.stringify(subset)} is in no DestinationRule of ${host} (has: ${has}): 503`;
        return [{ ...place, object: `VirtualService ${name}`, message }];
      });
    }),
  );
}
