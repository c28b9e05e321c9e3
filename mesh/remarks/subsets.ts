/** Subsets that no version is in, be they used by a route or not. */
import type { Registry } from '../network/registry.ts';
import { isWildcard } from '../routing/hosts.ts';
import { servicesFor } from '../routing/services.ts';
import type { RuleSet } from '../rules/model.ts';
import { nobodyHas, selectsNobody } from './no-upstream.ts';
import { about, type Remark } from './remark.ts';

export function idleSubsets({ destinationRules, serviceEntries }: RuleSet, registry: Registry): Remark[] {
  return destinationRules.flatMap((rule) => {
    // Under a wildcard it may be meant for another of the services.
    const service = isWildcard(rule.host)
      ? undefined
      : servicesFor(registry, serviceEntries, rule.namespace).get(rule.host);
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
