/** Colours that one service is routed by and another is not, though it has pods of that version. */

import { fqdn, type Registry, type Service } from '../../mesh/network/registry.ts';
import { aboutRoute } from '../../mesh/remarks/remark.ts';
import { isSubsetOf } from '../../mesh/routing/hosts.ts';
import type { RuleSet, VirtualService } from '../../mesh/rules/model.ts';
import type { LiveRemark } from './lint.ts';

interface Routed {
  header: string;
  color: string;
  remarked: Pick<LiveRemark, 'object' | 'place'>;
  /** The services that the route leads to. */
  hosts: readonly string[];
}

/**
 * A route whose match asks for an exact header and that leads to a subset, or to the Service of a version, is taken for
 * that of a colour. What some service has such a route for, every service with pods labelled `version` of that name
 * should have.
 * @param rules with HTTPRoutes as VirtualServices
 */
export function partlyRouted({ services }: Registry, { virtualServices }: RuleSet): LiveRemark[] {
  const routed = virtualServices.flatMap(colorsOf);
  const colors = Map.groupBy(routed, ({ header, color }) => `${header}: ${color}`);
  // Of services that no rule steers nobody expects a colour.
  const steered = services.filter((service) => virtualServices.some((rule) => steers(rule, fqdn(service))));
  return [...colors].flatMap(([name, routes]) => {
    const [first] = routes;
    if (!first) return [];
    const { color, remarked } = first;
    const hosts = new Set(routes.flatMap((route) => route.hosts));
    const led = new Set(services.filter((one) => hosts.has(fqdn(one))).flatMap((one) => podsOf(one, color)));
    const left = steered.filter((service) => {
      const pods = podsOf(service, color);
      return pods.length > 0 && !hosts.has(fqdn(service)) && !pods.some((pod) => led.has(pod));
    });
    return left.map(
      (service): LiveRemark => ({
        code: 'color-routed-partly',
        ...remarked,
        message: `${name} is routed here, but not at ${service.name}.${service.namespace}, which has pods of version ${color}`,
        wayOut: 'write a route for it there too',
      }),
    );
  });
}

/** Whether callers of the service obey it, or a gateway is led there by it. */
function steers({ hosts, gateways, http }: VirtualService, service: string): boolean {
  if (gateways.includes('mesh') && hosts.some((host) => isSubsetOf(service, host.toLowerCase()))) return true;
  return http.some(
    ({ action }) =>
      action.type === 'route' && action.destinations.some(({ destination }) => destination.host === service),
  );
}

/** Pods of that version, by their names and their namespace. */
function podsOf({ namespace, endpoints }: Service, version: string): string[] {
  return endpoints.flatMap(({ name, labels }) => (labels.version === version ? `${namespace}/${name}` : []));
}

function colorsOf(rule: VirtualService): Routed[] {
  return rule.http.flatMap((route) => {
    const { match, action } = route;
    if (action.type !== 'route') return [];
    const hosts = action.destinations.flatMap(({ destination: { host, subset } }) =>
      subset || rule.ofGatewayApi ? [host] : [],
    );
    if (hosts.length === 0) return [];
    const remarked = {
      object: aboutRoute(rule, route),
      place: rule.ofGatewayApi ? route.place : rule.place,
    };
    return match.flatMap(({ headers }) =>
      [...headers].flatMap(([header, value]) =>
        value.type === 'exact' && value.value !== '' ? [{ header, color: value.value, remarked, hosts }] : [],
      ),
    );
  });
}
