/** All that one proxy needs to decide: virtual hosts by port with their routes, and clusters. */
import type { Registry } from '../network/registry.ts';
import type { RuleSet } from '../rules/model.ts';
import { buildClusters } from './clusters.ts';
import type { Cluster, ProxyIdentity } from './decision.ts';
import { standingFor } from './gateway-api/local-gateway.ts';
import { withWrittenServices } from './gateway-api/services.ts';
import { translate } from './gateway-api/translate.ts';
import { gatewayPorts } from './gateway-hosts.ts';
import { KnownServices } from './services.ts';
import { type OutboundTrafficPolicy, sidecarPorts } from './sidecar-hosts.ts';
import type { PortRoutes } from './virtual-host.ts';

export interface TableOptions {
  /** What a sidecar does with a host that nobody knows (meshConfig.outboundTrafficPolicy). */
  outboundTrafficPolicy: OutboundTrafficPolicy;
}

export interface RouteTable {
  proxy: ProxyIdentity;
  /** By the port that a request is addressed to. A gateway listens on these and on no others. */
  ports: ReadonlyMap<number, PortRoutes>;
  /** At a sidecar: for ports on which no service is known. */
  otherPorts?: PortRoutes;
  clusters: ReadonlyMap<string, Cluster>;
  /** What the clusters are rebuilt from; HTTPRoutes are VirtualServices here. */
  rules: RuleSet;
}

/**
 * Compiles rules and who runs for one proxy. Costs milliseconds: for a change of rules or services; when only
 * endpoints come, go or change their readiness, `withEndpoints` is enough.
 */
export function buildTable(
  written: RuleSet,
  running: Registry,
  asked: ProxyIdentity,
  options: TableOptions,
): RouteTable {
  const registry = withWrittenServices(written, running);
  const { rules } = translate(written, registry);
  const proxy = standingFor(asked, rules.gateways);
  const services = new KnownServices(registry, rules, proxy);
  const routes =
    proxy.type === 'gateway'
      ? { ports: gatewayPorts(rules, services, proxy) }
      : sidecarPorts(rules, services, proxy, options.outboundTrafficPolicy);
  return { proxy, ...routes, clusters: buildClusters(rules, services, proxy), rules };
}

/** The same table with the endpoints of `running`, which must have the same services and ports as before. */
export function withEndpoints(table: RouteTable, running: Registry): RouteTable {
  const registry = withWrittenServices(table.rules, running);
  const services = new KnownServices(registry, table.rules, table.proxy);
  return { ...table, clusters: buildClusters(table.rules, services, table.proxy) };
}
