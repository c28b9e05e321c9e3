/**
 * Hosts of VirtualServices for the mesh that no service has. A typo there is silent: requests to the service that was
 * meant find no rule and spread over all its versions.
 */
import type { Registry } from '../network/registry.ts';
import { isSubsetOf, isWildcard } from '../routing/hosts.ts';
import { allHosts } from '../routing/services.ts';
import type { RuleSet } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';
import { unknownHost } from './unknown-host.ts';

export function unknownHosts({ virtualServices, serviceEntries }: RuleSet, registry: Registry): Remark[] {
  const known = allHosts(registry, serviceEntries);
  return virtualServices
    .filter(({ gateways }) => gateways.includes('mesh'))
    .flatMap((rule) =>
      rule.hosts
        .map((host) => host.toLowerCase())
        .filter(
          (host) => !known.some((one) => isSubsetOf(one, host) || (isWildcard(one) && isSubsetOf(host, one))),
        )
        .flatMap((host): Remark[] => {
          const { code, message, wayOut } = unknownHost(host, known);
          const idle = host.endsWith('.svc.cluster.local') || code === 'host-whole-name';
          // A host of the outside world may be meant for the gateway alone.
          if (!idle && rule.gateways.length > 1) return [];
          const said = {
            code,
            place: rule.place,
            object: about(rule),
            field: 'spec.hosts',
            message: `${message}, so in the mesh this rule steers ${idle ? 'no request' : 'requests to port 80 only'}`,
            ...(wayOut && { wayOut }),
          };
          return [said];
        }),
    );
}
