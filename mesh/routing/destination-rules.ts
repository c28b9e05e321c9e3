/** Which DestinationRule holds for a service, and which traffic policy for one of its ports and subsets. */
import type { DestinationRule, Subset, TrafficPolicy } from '../rules/model.ts';
import type { ProxyIdentity } from './decision.ts';
import { mostSpecificHost } from './hosts.ts';
import type { MeshService } from './services.ts';
import { isExportedTo, rootNamespace, selects } from './visibility.ts';

/** What all DestinationRules that hold for a service come to. */
export interface ServicePolicy {
  /** The first of them, `service-b.coloring`; absent where there is none. */
  rule?: string;
  trafficPolicy: TrafficPolicy;
  portPolicies: ReadonlyMap<number, TrafficPolicy>;
  subsets: readonly Subset[];
}

/** Of a host without DestinationRule. */
export const noPolicy: ServicePolicy = { trafficPolicy: {}, portPolicies: new Map(), subsets: [] };

/**
 * The policy of `service` for `proxy`. Rules are looked for in the proxy's namespace, then among those exported by the
 * service's, then by the root namespace; the first that has any for the host, most specific first, decides
 * (Istio: pilot/pkg/model/push_context.go, destinationRule).
 */
export function policyFor(
  service: MeshService,
  rules: readonly DestinationRule[],
  proxy: ProxyIdentity,
): ServicePolicy {
  const own = rules.filter((rule) => rule.namespace === proxy.namespace && isSeenAtHome(rule));
  const exportedBy = (namespace: string) =>
    rules.filter(
      (rule) =>
        rule.namespace === namespace &&
        rule.workloadSelector === undefined &&
        isExportedTo(rule.exportTo, rule.namespace, proxy.namespace),
    );
  const ownPrivate = own.filter((rule) =>
    rule.exportTo.every((scope) => scope === '.' || scope === rootNamespace),
  );
  const pools = [
    // Public rules of the root namespace are for everyone, so they come last even for its own proxies.
    proxy.namespace === rootNamespace ? ownPrivate.filter((rule) => rule.exportTo.length > 0) : own,
    exportedBy(service.namespace),
    exportedBy(rootNamespace),
  ];
  for (const pool of pools) {
    const host = mostSpecificHost(service.host, new Set(pool.map((rule) => rule.host.toLowerCase())));
    if (host === undefined) continue;
    return forWorkload(
      pool.filter((rule) => rule.host.toLowerCase() === host),
      proxy,
    );
  }
  return noPolicy;
}

function isSeenAtHome(rule: DestinationRule): boolean {
  return rule.workloadSelector !== undefined || isExportedTo(rule.exportTo, rule.namespace, rule.namespace);
}

/**
 * Rules that select this workload go before rules for all. Rules that are not meant for the same workloads, or not
 * exported to the same namespaces, do not merge; of those for all the last then counts
 * (pilot/pkg/model/sidecar.go, DestinationRule; pilot/pkg/model/destination_rule.go, mergeDestinationRule).
 */
function forWorkload(rules: readonly DestinationRule[], proxy: ProxyIdentity): ServicePolicy {
  const selecting = rules.find(
    ({ workloadSelector, namespace }) =>
      workloadSelector && namespace === proxy.namespace && selects(workloadSelector, proxy.labels),
  );
  if (selecting) {
    return merged(
      rules.filter(({ workloadSelector }) => sameLabels(workloadSelector, selecting.workloadSelector)),
    );
  }
  const groups: { exportTo: Set<string>; rules: DestinationRule[] }[] = [];
  for (const rule of rules) {
    if (rule.workloadSelector) continue;
    const exportTo = new Set(rule.exportTo);
    const wideEnough = groups.filter((group) => [...group.exportTo].every((scope) => exportTo.has(scope)));
    for (const group of wideEnough) group.rules.push(rule);
    if (wideEnough.length === 0) groups.push({ exportTo, rules: [rule] });
  }
  return merged(groups.at(-1)?.rules ?? []);
}

function sameLabels(
  some: Readonly<Record<string, string>> | undefined,
  others: Readonly<Record<string, string>> | undefined,
): boolean {
  return some !== undefined && others !== undefined && selects(some, others) && selects(others, some);
}

/**
 * Several rules for one host in one namespace: subsets add up, of one name the first counts; so does the first traffic
 * policy (pilot/pkg/model/destination_rule.go, mergeDestinationRule).
 */
function merged(rules: readonly DestinationRule[]): ServicePolicy {
  const subsets = new Map<string, Subset>();
  for (const subset of rules.flatMap((rule) => rule.subsets)) {
    if (!subsets.has(subset.name)) subsets.set(subset.name, subset);
  }
  const withPolicy = rules.find(
    (rule) => Object.keys(rule.trafficPolicy).length > 0 || rule.portPolicies.size > 0,
  );
  const [first] = rules;
  return {
    ...(first && { rule: `${first.name}.${first.namespace}` }),
    trafficPolicy: withPolicy?.trafficPolicy ?? {},
    portPolicies: withPolicy?.portPolicies ?? new Map(),
    subsets: [...subsets.values()],
  };
}

/**
 * The policy of one cluster. What a port level says replaces all that stands above it: fields that it leaves out go
 * back to their defaults. What else a subset says replaces field by field
 * (Istio: pilot/pkg/networking/util/util.go, GetPortLevelTrafficPolicy and MergeSubsetTrafficPolicy).
 */
export function clusterPolicy(policy: ServicePolicy, port: number, subset?: Subset): TrafficPolicy {
  const base = policy.portPolicies.get(port) ?? policy.trafficPolicy;
  if (subset === undefined) return base;
  return subset.portPolicies.get(port) ?? { ...base, ...definedFields(subset.trafficPolicy) };
}

function definedFields(policy: TrafficPolicy): TrafficPolicy {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
