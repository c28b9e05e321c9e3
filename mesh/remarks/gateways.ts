/** Gateways that no file defines, hosts and ports that nobody listens for. */
import { gatewayLabels, gatewayPortOf } from '../routing/gateway-port.ts';
import { configures, rootNamespace } from '../routing/visibility.ts';
import { hostsOverlap } from '../rules/hosts.ts';
import type { GatewayPods, RuleSet } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';

/** Gateways that no file defines, and hosts that the Gateway does not listen for. */
export function unboundHosts({ virtualServices, gateways }: RuleSet): Remark[] {
  const known = new Map(gateways.map((gateway) => [`${gateway.namespace}/${gateway.name}`, gateway]));
  return virtualServices.flatMap((rule) => {
    if (rule.ofGatewayApi) return [];
    const found = { place: rule.place, object: about(rule) };
    return rule.gateways.flatMap((name): Remark[] => {
      if (name === 'mesh') return [];
      const gateway = known.get(name);
      if (!gateway) {
        const message = `${name}: no such Gateway`;
        return [{ ...found, code: 'gateway-unknown', field: 'spec.gateways', message }];
      }
      const heard = gateway.servers
        .flatMap((server) => server.hosts)
        .filter(({ namespace }) => namespace === '*' || namespace === rule.namespace);
      return rule.hosts
        .filter((host) => !heard.some((each) => hostsOverlap(each.host.toLowerCase(), host.toLowerCase())))
        .map((host) => ({
          ...found,
          code: 'gateway-host-unheard' as const,
          field: 'spec.hosts',
          message: `${host}: Gateway ${name} does not listen for it`,
        }));
    });
  });
}

/** Servers of the Gateways for the local gateway that wait on another port: never reached here. */
export function unheardPorts({ gateways }: RuleSet, labels = gatewayLabels): Remark[] {
  const servers = gateways
    .filter((gateway) => configures(gateway, { namespace: rootNamespace, labels }))
    .flatMap((gateway) => gateway.servers.map((server, index) => ({ ...server, gateway, index })));
  const heard = gatewayPortOf(servers.map(({ port }) => port.number));
  return servers
    .filter(({ port }) => port.number !== heard)
    .map(({ place, gateway, index, port }) => ({
      code: 'gateway-port-unheard',
      place,
      object: gateway.pods ? gatewayOf(gateway.pods) : about(gateway),
      field: gateway.pods ? 'spec.listeners' : `spec.servers[${index}].port`,
      message: `${port.number} is not listened on: the local gateway stands for port ${heard} alone`,
      wayOut: 'use a cluster',
    }));
}

function gatewayOf({ gateway }: GatewayPods): Remark['object'] {
  const [namespace = '', name = ''] = gateway.split('/');
  return { kind: 'Gateway', namespace, name };
}
