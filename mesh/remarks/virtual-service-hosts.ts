/**
 * Hosts of VirtualServices for the mesh that no service has. A typo there is silent: requests to the service that was
 * meant find no rule and spread over all its versions.
 */
import type { Registry } from '../network/registry.ts';
import { isSubsetOf, isWildcard } from '../routing/hosts.ts';
import { allHosts } from '../routing/services.ts';
import type { RuleSet } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';
import { type UnknownHost, unknownHost } from './unknown-host.ts';

export function unknownHosts({ virtualServices, serviceEntries }: RuleSet, registry: Registry): Remark[] {
  const known = allHosts(registry, serviceEntries);
  return virtualServices
    .filter(({ gateways, ofGatewayApi }) => gateways.includes('mesh') && !ofGatewayApi)
    .flatMap((rule) =>
      rule.hosts
        .map((host) => host.toLowerCase())
        .filter(
          (host) => !known.some((one) => isSubsetOf(one, host) || (isWildcard(one) && isSubsetOf(host, one))),
        )
        .flatMap((host): Remark[] => {
          const { code, message, wayOut } = unknownHost(host, known);
          const steered = steeredBy(host, code);
          // A host of the outside world may be meant for the gateway alone.
          if (steered === 'requests to port 80 only' && rule.gateways.length > 1) return [];
          const said = {
            code,
            place: rule.place,
            object: about(rule),
            field: 'spec.hosts',
            message: `${message}, so in the mesh this host steers ${steered}`,
            ...(wayOut && { wayOut }),
          };
          return [said];
        }),
    );
}

/** What a sidecar makes of a host that no service has: a virtual host on port 80, beside those of the services. */
function steeredBy(host: string, code: UnknownHost['code']): string {
  // No name of that kind is ever resolved, so nothing is sent to it.
  if (host.endsWith('.svc.cluster.local')) return 'no request';
  // Kubernetes' DNS knows the short name, so that requests do come under it.
  return code === 'host-whole-name'
    ? `only requests to port 80 that say ${host}`
    : 'requests to port 80 only';
}
