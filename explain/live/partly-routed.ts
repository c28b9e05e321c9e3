/** Colours that one service is routed by and another is not, though it has pods of that version. */
import { fqdn, type Registry } from '../../mesh/network/registry.ts';
import { isSubsetOf } from '../../mesh/routing/hosts.ts';
import type { RuleSet, VirtualService } from '../../mesh/rules/model.ts';
import type { LiveRemark } from './lint.ts';

interface Routed {
  header: string;
  color: string;
  rule: VirtualService;
  /** The services that the route leads to. */
  hosts: readonly string[];
}

/**
 * A route whose match asks for an exact header and that leads to a subset is taken for that of a colour. What some
 * service has such a route for, every service with pods labelled `version` of that name should have.
 */
export function partlyRouted({ services }: Registry, { virtualServices }: RuleSet): LiveRemark[] {
  const routed = virtualServices.flatMap(colorsOf);
  const colors = Map.groupBy(routed, ({ header, color }) => `${header}: ${color}`);
  return [...colors].flatMap(([name, routes]) => {
    const [first] = routes;
    if (!first) return [];
    const led = new Set(routes.flatMap(({ hosts }) => hosts));
    const left = services.filter(
      (service) =>
        !led.has(fqdn(service)) &&
        service.endpoints.some(({ labels }) => labels.version === first.color) &&
        // Of services that no rule steers nobody expects a colour.
        virtualServices.some(({ hosts }) =>
          hosts.some((host) => isSubsetOf(fqdn(service), host.toLowerCase())),
        ),
    );
    return left.map((service): LiveRemark => {
      const { rule } = first;
      return {
        code: 'color-routed-partly',
        place: rule.place,
        object: { kind: rule.kind, namespace: rule.namespace, name: rule.name },
        message: `${name} is routed here, but not at ${service.name}.${service.namespace}, which has pods of version ${first.color}`,
        wayOut: 'write a route for it there too',
      };
    });
  });
}

function colorsOf(rule: VirtualService): Routed[] {
  return rule.http.flatMap(({ match, action }) => {
    if (action.type !== 'route') return [];
    const hosts = action.destinations.flatMap(({ destination: { host, subset } }) => (subset ? [host] : []));
    if (hosts.length === 0) return [];
    return match.flatMap(({ headers }) =>
      [...headers].flatMap(([header, value]) =>
        value.type === 'exact' && value.value !== '' ? [{ header, color: value.value, rule, hosts }] : [],
      ),
    );
  });
}
