/** Several VirtualServices for one host on sidecars, where they do not merge: one wins. HTTPRoutes of one Service do. */
import type { RuleSet, VirtualService } from '../rules/model.ts';
import { formatPlace } from '../rules/problem.ts';
import { about, aboutRoute, type Remark } from './remark.ts';

export function rivalHosts({ virtualServices }: RuleSet): Remark[] {
  const before = new Map<string, VirtualService[]>();
  const found: Remark[] = [];
  for (const rule of virtualServices.filter(({ gateways }) => gateways.includes('mesh'))) {
    for (const host of rule.hosts.map((written) => written.toLowerCase())) {
      const others = before.get(host) ?? [];
      const other = others.find((one) => areRivals(one, rule));
      before.set(host, [...others, rule]);
      if (!other) continue;
      const { kind, name } = written(other);
      found.push({
        code: 'host-steered-twice',
        place: rule.place,
        object: written(rule),
        field: rule.ofGatewayApi ? 'spec.parentRefs' : 'spec.hosts',
        message: `${host}: ${kind} ${name} (${formatPlace(other.place)}) has this host as well; sidecars obey one of them only`,
      });
    }
  }
  return found;
}

function written(rule: VirtualService): Remark['object'] {
  const [route] = rule.http;
  return route ? aboutRoute(rule, route) : about(rule);
}

/** HTTPRoutes of other namespaces are for callers there, and those of other ports for other requests. */
function areRivals(a: VirtualService, b: VirtualService): boolean {
  if (!a.ofGatewayApi || !b.ofGatewayApi) return true;
  const [one, other] = [a, b].map(({ http }) => http[0]?.match[0]?.port);
  return a.namespace === b.namespace && (one === undefined || other === undefined || one === other);
}
