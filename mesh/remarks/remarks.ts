/** The one list of remarks on rules: `npm start`, `explain`, `proxy-config` and the lessons show it or a part of it. */
import type { Registry } from '../network/registry.ts';
import type { ProxyIdentity } from '../routing/decision.ts';
import { withWrittenServices } from '../routing/gateway-api/services.ts';
import { translate } from '../routing/gateway-api/translate.ts';
import type { RuleSet } from '../rules/model.ts';
import { ambientNamespaces } from './ambient.ts';
import { destinationRuleHosts } from './destination-rule-hosts.ts';
import { destinations } from './destinations.ts';
import { documents } from './documents.ts';
import { idleFallbacks, unknownMembers } from './fallbacks.ts';
import { idleFaults } from './faults.ts';
import { unboundHosts, unheardPorts } from './gateways.ts';
import { hashesUnderWeights } from './hashes.ts';
import { idleGateways, pathsBeforeHeaders, unmetConditions } from './http-routes.ts';
import { idleOutlierDetection } from './outliers.ts';
import type { Remark } from './remark.ts';
import { rivalHosts } from './rival-hosts.ts';
import { idleSourceLabels } from './source-labels.ts';
import { idleSubsets } from './subsets.ts';
import { unreachableRoutes } from './unreachable-routes.ts';
import { proxiesFor, Views } from './views.ts';
import { unknownHosts } from './virtual-service-hosts.ts';

export type { Remark } from './remark.ts';
export { formatRemark } from './remark.ts';

export interface RemarkOptions {
  /** Labels of the local gateway's pod; default: those that Istio's chart gives it. */
  gatewayLabels?: Readonly<Record<string, string>>;
  /** As these proxies see it; default: every kind of proxy that the rules are for. */
  proxies?: readonly ProxyIdentity[];
}

/**
 * All that there is to say of a set of rules that is valid, in the order of files and lines.
 * @param meant what is meant to run, be it running or not: a subset whose version has no endpoint in here is remarked
 */
export function remarks(written: RuleSet, meant: Registry, options: RemarkOptions = {}): Remark[] {
  const registry = withWrittenServices(written, meant);
  const { rules, conditions } = translate(written, registry);
  const proxies = options.proxies ?? proxiesFor(rules, registry, options.gatewayLabels);
  const views = new Views(rules, registry, proxies);
  return [
    ...unreachableRoutes(rules),
    ...unboundHosts(rules),
    ...unheardPorts(rules, options.gatewayLabels),
    ...rivalHosts(rules),
    ...unknownHosts(rules, registry),
    ...destinations(rules, views),
    ...destinationRuleHosts(rules, registry),
    ...idleSubsets(rules, views),
    ...idleOutlierDetection(rules, views),
    ...hashesUnderWeights(rules, views),
    ...idleSourceLabels(rules, views),
    ...idleFaults(rules),
    ...idleFallbacks(rules),
    ...unknownMembers(rules, views),
    ...unmetConditions(conditions),
    ...idleGateways(written),
    ...pathsBeforeHeaders(rules),
    ...ambientNamespaces(written),
    ...documents(written),
  ].sort(byPlace);
}

function byPlace({ place: a }: Remark, { place: b }: Remark): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
}
