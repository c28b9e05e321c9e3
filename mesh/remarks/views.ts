/** The proxies that rules are for, and what each of them sees of services and policies. */

import type { Registry } from '../network/registry.ts';
import type { ProxyIdentity } from '../routing/decision.ts';
import { noPolicy, policyFor, type ServicePolicy } from '../routing/destination-rules.ts';
import { type Fallbacks, fallbacksFor } from '../routing/fallback.ts';
import { standingFor } from '../routing/gateway-api/local-gateway.ts';
import { gatewayLabels } from '../routing/gateway-port.ts';
import type { MeshService } from '../routing/mesh-service.ts';
import { KnownServices } from '../routing/services.ts';
import { configures, isExportedTo, rootNamespace } from '../routing/visibility.ts';
import type { RuleSet, VirtualService } from '../rules/model.ts';

/** What one proxy sees. */
export class View {
  readonly proxy: ProxyIdentity;
  readonly rules: RuleSet;
  readonly registry: Registry;
  readonly services: ReadonlyMap<string, MeshService>;
  readonly fallbacks: Fallbacks;
  readonly #policies = new Map<string, ServicePolicy>();

  constructor(rules: RuleSet, registry: Registry, proxy: ProxyIdentity) {
    this.proxy = standingFor(proxy, rules.gateways);
    this.rules = rules;
    this.registry = registry;
    this.services = new KnownServices(registry, rules, this.proxy).byHost;
    this.fallbacks = fallbacksFor(this.proxy, rules.fallbackFilters);
  }

  /** The policy of a service, by its whole name. */
  policyOf(host: string): ServicePolicy {
    const known = this.#policies.get(host);
    if (known) return known;
    const service = this.services.get(host);
    const policy = service ? policyFor(service, this.rules.destinationRules, this.proxy) : noPolicy;
    this.#policies.set(host, policy);
    return policy;
  }

  /** Whether this proxy gets routes of the VirtualService. */
  gets({ exportTo, namespace, gateways }: VirtualService): boolean {
    if (!isExportedTo(exportTo, namespace, this.proxy.namespace)) return false;
    if (this.proxy.type === 'sidecar') return gateways.includes('mesh');
    return this.rules.gateways.some(
      (gateway) =>
        gateways.includes(`${gateway.namespace}/${gateway.name}`) && configures(gateway, this.proxy),
    );
  }
}

/** What each of several proxies sees. */
export class Views {
  readonly all: readonly View[];
  readonly #inNamespace: (namespace: string) => View;

  constructor(rules: RuleSet, registry: Registry, proxies: readonly ProxyIdentity[]) {
    const seen = new Map<string, View>();
    this.#inNamespace = (namespace) => {
      const proxy = { type: 'sidecar' as const, name: `namespace ${namespace}`, namespace, labels: {} };
      const view = seen.get(namespace) ?? new View(rules, registry, proxy);
      seen.set(namespace, view);
      return view;
    };
    this.all = proxies.map((proxy) => new View(rules, registry, proxy));
  }

  /** Of a workload in this namespace, be there one or not. */
  in(namespace: string): View {
    return this.#inNamespace(namespace);
  }

  /** Of those that get the VirtualService. */
  of(rule: VirtualService): View[] {
    return this.all.filter((view) => view.gets(rule));
  }
}

/**
 * A gateway for each selector that Gateways have, and a sidecar in each namespace that has services, once without
 * labels and once with those of each selector that rules there have for workloads.
 */
export function proxiesFor(
  rules: RuleSet,
  registry: Registry,
  labelsOfGateway = gatewayLabels,
): ProxyIdentity[] {
  const gateways = distinct([labelsOfGateway, ...rules.gateways.map(({ selector }) => selector)]);
  const namespaces = new Set(registry.services.map(({ namespace }) => namespace));
  return [
    ...gateways.map((labels) => ({
      type: 'gateway' as const,
      name: 'the gateway',
      namespace: rootNamespace,
      labels,
    })),
    ...[...namespaces].flatMap((namespace) => {
      const selectors = rules.destinationRules.flatMap((rule) =>
        rule.namespace === namespace && rule.workloadSelector ? [rule.workloadSelector] : [],
      );
      return distinct([{}, ...selectors]).map((labels) => ({
        type: 'sidecar' as const,
        name: `namespace ${namespace}`,
        namespace,
        labels,
      }));
    }),
  ];
}

function distinct(all: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>>[] {
  return [...new Map(all.map((labels) => [JSON.stringify(Object.entries(labels).sort()), labels])).values()];
}
