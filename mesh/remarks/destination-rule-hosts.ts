/** DestinationRules for a host that no service has. */
import type { Registry } from '../network/registry.ts';
import { isSubsetOf } from '../routing/hosts.ts';
import { allHosts } from '../routing/services.ts';
import type { RuleSet } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';
import { unknownHost } from './unknown-host.ts';

export function destinationRuleHosts(
  { destinationRules, serviceEntries }: RuleSet,
  registry: Registry,
): Remark[] {
  const known = allHosts(registry, serviceEntries);
  return destinationRules
    .filter(({ host }) => !known.some((one) => isSubsetOf(one, host)))
    .map((rule) => {
      const { code, message, wayOut } = unknownHost(rule.host, known);
      return {
        code,
        place: rule.place,
        object: about(rule),
        field: 'spec.host',
        message: `${message}, so this rule does nothing`,
        ...(wayOut && { wayOut }),
      };
    });
}
