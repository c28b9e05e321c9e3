/** Several VirtualServices for one host on sidecars, where they do not merge: one wins. */
import type { RuleSet, VirtualService } from '../rules/model.ts';
import { formatPlace } from '../rules/problem.ts';
import { about, type Remark } from './remark.ts';

export function rivalHosts({ virtualServices }: RuleSet): Remark[] {
  const first = new Map<string, VirtualService>();
  const found: Remark[] = [];
  for (const rule of virtualServices.filter(({ gateways }) => gateways.includes('mesh'))) {
    for (const host of rule.hosts.map((written) => written.toLowerCase())) {
      const other = first.get(host);
      if (!other) {
        first.set(host, rule);
        continue;
      }
      const where = `VirtualService ${other.name} (${formatPlace(other.place)})`;
      found.push({
        code: 'host-steered-twice',
        place: rule.place,
        object: about(rule),
        field: 'spec.hosts',
        message: `${host}: ${where} has this host as well; sidecars obey one of them only`,
      });
    }
  }
  return found;
}
