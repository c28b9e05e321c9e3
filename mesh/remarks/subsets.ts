/** Subsets that no version is in, be they used by a route or not. */
import { isWildcard } from '../routing/hosts.ts';
import type { RuleSet } from '../rules/model.ts';
import { nobodyHas, selectsNobody } from './no-upstream.ts';
import { about, type Remark } from './remark.ts';
import type { Views } from './views.ts';

export function idleSubsets({ destinationRules }: RuleSet, views: Views): Remark[] {
  return destinationRules.flatMap((rule) => {
    // Under a wildcard it may be meant for another of the services.
    const service = isWildcard(rule.host) ? undefined : views.in(rule.namespace).services.get(rule.host);
    if (service === undefined) return [];
    return rule.subsets
      .filter(({ labels }) => selectsNobody(service, labels))
      .map(({ name, labels, place }) => ({
        ...nobodyHas(name, labels, service),
        place,
        object: about(rule),
      }));
  });
}
