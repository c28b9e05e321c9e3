/**
 * What a route hashes for consistentHash. Istio looks it up by what the rule writes, not by the cluster that the
 * request goes to: a port level counts only where the destination names its port
 * (pilot/pkg/networking/core/route/route.go, HashForHTTPDestination and hashForService).
 */
import type { Destination, HashBy, RuleSet, TrafficPolicy } from '../rules/model.ts';
import type { ProxyIdentity } from './decision.ts';
import { noPolicy, policyFor, type ServicePolicy } from './destination-rules.ts';
import type { MeshService } from './mesh-service.ts';

/** What the DestinationRules that one proxy sees have its routes hash. */
export class RouteHashes {
  readonly #services: ReadonlyMap<string, MeshService>;
  readonly #rules: RuleSet;
  readonly #proxy: ProxyIdentity;
  readonly #policies = new Map<string, ServicePolicy>();

  constructor(services: ReadonlyMap<string, MeshService>, rules: RuleSet, proxy: ProxyIdentity) {
    this.#services = services;
    this.#rules = rules;
    this.#proxy = proxy;
  }

  /** For a destination as a VirtualService writes it. */
  ofDestination({ host, port, subset: name }: Destination): HashBy | undefined {
    const { trafficPolicy, portPolicies, subsets } = this.#policyOf(host);
    const subset = subsets.find((one) => one.name === name);
    const atPort = (policies: ServicePolicy['portPolicies'] | undefined) =>
      port === undefined ? undefined : hashBy(policies?.get(port));
    return (
      atPort(subset?.portPolicies) ??
      hashBy(subset?.trafficPolicy) ??
      atPort(portPolicies) ??
      hashBy(trafficPolicy)
    );
  }

  /** For Istio's own route to a service without VirtualService. */
  ofService(host: string, port: number): HashBy | undefined {
    const { trafficPolicy, portPolicies } = this.#policyOf(host);
    return hashBy(portPolicies.get(port)) ?? hashBy(trafficPolicy);
  }

  #policyOf(host: string): ServicePolicy {
    const known = this.#policies.get(host);
    if (known) return known;
    const service = this.#services.get(host);
    const policy = service ? policyFor(service, this.#rules.destinationRules, this.#proxy) : noPolicy;
    this.#policies.set(host, policy);
    return policy;
  }
}

function hashBy(policy: TrafficPolicy | undefined): HashBy | undefined {
  return policy?.loadBalancer?.type === 'consistentHash' ? policy.loadBalancer.by : undefined;
}
