/** The clusters of one proxy: each port of each service, whole and by subset, with its endpoints and its policy. */
import type { Endpoint } from '../network/registry.ts';
import type { RuleSet, Subset, TrafficPolicy } from '../rules/model.ts';
import { blackHoleCluster, outboundCluster, passthroughCluster } from './cluster-name.ts';
import type { Cluster, ProxyIdentity } from './decision.ts';
import { clusterPolicy, policyFor } from './destination-rules.ts';
import { fallbacksFor } from './fallback.ts';
import type { MeshService, ServicePort } from './mesh-service.ts';
import type { KnownServices } from './services.ts';
import { selects } from './visibility.ts';

/** Every cluster that a route of `proxy` may lead to, by name. */
export function buildClusters(
  rules: RuleSet,
  services: KnownServices,
  proxy: ProxyIdentity,
): Map<string, Cluster> {
  const clusters = new Map<string, Cluster>([
    [passthroughCluster, { type: 'outside', name: passthroughCluster, policy: {} }],
    [
      blackHoleCluster,
      { type: 'endpoints', name: blackHoleCluster, host: '', port: 0, endpoints: [], policy: {} },
    ],
  ]);
  for (const service of services.byHost.values()) {
    for (const cluster of clustersOf(service, rules, proxy)) clusters.set(cluster.name, cluster);
  }
  for (const cluster of fallbacksFor(proxy, rules.fallbackFilters).clusters) {
    if (!clusters.has(cluster.name)) clusters.set(cluster.name, cluster);
  }
  return clusters;
}

function* clustersOf(service: MeshService, rules: RuleSet, proxy: ProxyIdentity): Generator<Cluster> {
  const policy = policyFor(service, rules.destinationRules, proxy);
  const { rule } = policy;
  for (const port of service.ports) {
    yield clusterOf(service, port, { policy: clusterPolicy(policy, port.number), rule });
    const selectEndpoints = endpointSelector(port);
    for (const subset of policy.subsets) {
      const endpoints = selectEndpoints(subset.labels);
      if (isNeverMade(port, subset, endpoints)) continue;
      const own = clusterPolicy(policy, port.number, subset);
      yield clusterOf(service, port, { policy: own, subset, endpoints, rule });
    }
  }
}

/**
 * Of what DNS resolves Istio makes no cluster that would have no endpoint; the host itself has no labels
 * (pilot/pkg/networking/core/cluster_builder.go, buildCluster).
 */
function isNeverMade({ upstream }: ServicePort, { labels }: Subset, endpoints: readonly Endpoint[]): boolean {
  if (upstream.type === 'dns') return Object.keys(labels).length > 0;
  return upstream.type === 'endpoints' && upstream.byDns === true && endpoints.length === 0;
}

interface ClusterParts {
  policy: TrafficPolicy;
  subset?: Subset;
  endpoints?: readonly Endpoint[];
  rule: string | undefined;
}

function clusterOf(
  { host }: MeshService,
  { number: port, upstream, protocol: spoken }: ServicePort,
  { policy, subset, endpoints, rule }: ClusterParts,
): Cluster {
  const name = outboundCluster(port, subset?.name, host);
  // The policy's word before that of the port (pilot/pkg/networking/core/cluster_traffic_policy.go, applyH2Upgrade).
  const protocol = policy.connectionPool?.protocol ?? spoken;
  const common = { policy, ...(protocol && { protocol }), ...(rule && { rule }) };
  switch (upstream.type) {
    case 'original':
      return { type: 'outside', name, ...common };
    case 'dns':
      return { type: 'outside', name, address: { host: upstream.host, port: upstream.port }, ...common };
    case 'endpoints': {
      const cluster = { type: 'endpoints' as const, name, host, port, ...common };
      if (subset === undefined) return { ...cluster, endpoints: upstream.endpoints };
      return { ...cluster, subset: subset.name, endpoints: endpoints ?? [] };
    }
  }
}

/**
 * Selects endpoints of a port by labels. Subsets are many and each selects few, so the endpoints are indexed by the
 * first label asked for rather than read through once a subset.
 */
function endpointSelector({
  upstream,
}: ServicePort): (labels: Readonly<Record<string, string>>) => Endpoint[] {
  const endpoints = upstream.type === 'endpoints' ? upstream.endpoints : [];
  const indexes = new Map<string, Map<string | undefined, Endpoint[]>>();
  return (labels) => {
    const [first] = Object.entries(labels);
    if (first === undefined) return [...endpoints];
    const [name, value] = first;
    let index = indexes.get(name);
    if (index === undefined) {
      index = Map.groupBy(endpoints, (endpoint) => endpoint.labels[name]);
      indexes.set(name, index);
    }
    return (index.get(value) ?? []).filter((endpoint) => selects(labels, endpoint.labels));
  };
}
