/** Which DestinationRules hold for a service at one proxy, and which traffic policy for one of its ports and subsets. */
import type { DestinationRule, Subset, TrafficPolicy } from '../rules/model.ts';
import { inOrderOfCreation } from './creation-order.ts';
import type { ProxyIdentity } from './decision.ts';
import { mostSpecificHost } from './hosts.ts';
import type { MeshService } from './mesh-service.ts';
import { rootNamespace, selects } from './visibility.ts';

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

/** Rules for one host that Istio has made one. */
class MergedRule {
  /** Exactly as written: none at all is not the same as everybody. */
  readonly exportTo: ReadonlySet<string>;
  readonly first: DestinationRule;
  readonly #rules: DestinationRule[];

  constructor(rule: DestinationRule, exportTo: ReadonlySet<string>) {
    this.exportTo = exportTo;
    this.first = rule;
    this.#rules = [rule];
  }

  add(rule: DestinationRule): void {
    this.#rules.push(rule);
  }

  /** Subsets add up, of one name the first counts; so does the first traffic policy. */
  get policy(): ServicePolicy {
    const subsets = new Map<string, Subset>();
    for (const subset of this.#rules.flatMap((rule) => rule.subsets)) {
      if (!subsets.has(subset.name)) subsets.set(subset.name, subset);
    }
    const withPolicy = this.#rules.find(({ trafficPolicy }) => trafficPolicy !== undefined);
    return {
      rule: `${this.first.name}.${this.first.namespace}`,
      trafficPolicy: withPolicy?.trafficPolicy ?? {},
      portPolicies: withPolicy?.portPolicies ?? new Map(),
      subsets: [...subsets.values()],
    };
  }
}

/** Rules that are looked through together, by host. */
class Pool {
  readonly #byHost = new Map<string, MergedRule[]>();

  /**
   * Joins the rule to those of its host that it may merge with, or lets it stand beside them. Whether it also stands by
   * itself is what the last of them says, as in Istio (pilot/pkg/model/destination_rule.go, mergeDestinationRule).
   */
  add(rule: DestinationRule, exportTo: ReadonlySet<string>): void {
    const others = this.#byHost.get(rule.host) ?? [];
    let standsAlone = true;
    for (const other of others) {
      if (sameMembers(exportTo, other.exportTo)) standsAlone = false;
      else {
        standsAlone = true;
        if (other.exportTo.size === 0 || !isSubset(other.exportTo, exportTo)) continue;
      }
      const [own, theirs] = [rule.workloadSelector, other.first.workloadSelector];
      if (own && theirs && !(selects(own, theirs) && selects(theirs, own))) {
        standsAlone = true;
        continue;
      }
      // A rule for all goes into one for some workloads, and is lost for the others where both are exported alike.
      if (Boolean(own) === Boolean(theirs)) standsAlone = false;
      other.add(rule);
    }
    if (standsAlone) this.#byHost.set(rule.host, [...others, new MergedRule(rule, exportTo)]);
  }

  /** Those for the host itself, else for the longest wildcard around it. */
  for(host: string): readonly MergedRule[] | undefined {
    return this.#byHost.get(mostSpecificHost(host, this.#byHost) ?? '');
  }
}

class DestinationRuleIndex {
  /** What a proxy finds in its own namespace. */
  readonly #local = new Map<string, Pool>();
  /** What others find there. */
  readonly #exported = new Map<string, Pool>();
  /** What the root namespace keeps for its own proxies. */
  readonly #rootLocal = new Pool();

  /** (Istio: pilot/pkg/model/push_context.go, setDestinationRules) */
  constructor(rules: readonly DestinationRule[]) {
    const ordered = [...rules].sort(
      (a, b) => Number(!a.workloadSelector) - Number(!b.workloadSelector) || inOrderOfCreation(a, b),
    );
    for (const rule of ordered) {
      const { namespace } = rule;
      const exportTo = new Set(rule.workloadSelector ? ['.'] : rule.exportTo);
      const isOwn = exportTo.has('.') || exportTo.has(namespace);
      if (exportTo.size === 0 || exportTo.has('*') || isOwn)
        poolOf(this.#local, namespace).add(rule, exportTo);
      if (!(exportTo.size === 1 && isOwn)) poolOf(this.#exported, namespace).add(rule, exportTo);
      else if (namespace === rootNamespace) this.#rootLocal.add(rule, exportTo);
    }
  }

  /**
   * The rules for `service`: first those in the proxy's namespace, then those exported by the service's, then by the
   * root namespace. Public rules of the root namespace are for everyone, so they come last even for its own proxies. A
   * rule for the host that the proxy does not see still hides wider ones in its namespace
   * (Istio: pilot/pkg/model/push_context.go, destinationRule).
   */
  policyFor(service: MeshService, { namespace, labels }: ProxyIdentity): ServicePolicy {
    const own = namespace === rootNamespace ? this.#rootLocal : this.#local.get(namespace);
    const found =
      own?.for(service.host) ??
      this.#exportedBy(service.namespace, service.host, namespace) ??
      this.#exportedBy(rootNamespace, service.host, namespace) ??
      [];
    // (pilot/pkg/model/sidecar.go, DestinationRule)
    const selecting = found.find(
      ({ first }) =>
        first.workloadSelector && first.namespace === namespace && selects(first.workloadSelector, labels),
    );
    const chosen = selecting ?? found.findLast(({ first }) => !first.workloadSelector);
    return chosen?.policy ?? noPolicy;
  }

  #exportedBy(owner: string, host: string, caller: string): readonly MergedRule[] | undefined {
    const seen = this.#exported
      .get(owner)
      ?.for(host)
      ?.filter(({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(caller));
    return seen && seen.length > 0 ? seen : undefined;
  }
}

/** Rules are replaced as a whole, so an index holds as long as its list is in force. */
const indexes = new WeakMap<readonly DestinationRule[], DestinationRuleIndex>();

/** The policy of `service` for `proxy`. */
export function policyFor(
  service: MeshService,
  rules: readonly DestinationRule[],
  proxy: ProxyIdentity,
): ServicePolicy {
  const index = indexes.get(rules) ?? new DestinationRuleIndex(rules);
  indexes.set(rules, index);
  return index.policyFor(service, proxy);
}

function poolOf(pools: Map<string, Pool>, namespace: string): Pool {
  const pool = pools.get(namespace) ?? new Pool();
  pools.set(namespace, pool);
  return pool;
}

function sameMembers(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return some.size === others.size && isSubset(some, others);
}

function isSubset(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...some].every((one) => others.has(one));
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
