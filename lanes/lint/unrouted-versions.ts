/** Versions that the rules keep from their colour: the law, held against the rules without sending a request. */

import type { Registry } from '../../mesh/network/registry.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { explain } from '../../mesh/routing/explain.ts';
import { gatewayPortOf } from '../../mesh/routing/gateway-port.ts';
import { buildTable, type RouteTable } from '../../mesh/routing/table.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { gatewayPods } from '../generate/gateway.ts';
import { calledBy } from '../graph.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes.ts';
import { authorityFrom, registryAsWritten, workloadOf } from '../registry.ts';
import type { Finding } from './finding.ts';

/** Asks each proxy that calls a service for the colour of each of its versions. */
export function unroutedVersions(lanes: Lanes, rules: RuleSet): Finding[] {
  const registry = registryAsWritten(lanes);
  return lanes.services.flatMap((service) =>
    callersOf(lanes, service).flatMap((caller) => {
      const table = buildTable(rules, registry, caller.proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
      return service.versions
        .filter(({ name, ready, replicas }) => name !== service.baseline && ready && replicas > 0)
        .flatMap((version) => findingAt({ lanes, service, version }, caller, table) ?? []);
    }),
  );
}

interface CallerOfService {
  proxy: ProxyIdentity;
  authority: string;
}

/** The gateway where it is an entry, and one sidecar of each service that calls it. */
function callersOf(lanes: Lanes, service: LaneService): CallerOfService[] {
  const [host = '*'] = service.hosts;
  const gateway: CallerOfService = {
    proxy: {
      type: 'gateway',
      name: 'the gateway',
      namespace: gatewayPods.namespace,
      labels: gatewayPods.selector,
    },
    authority: host.includes('*') ? host.replace('*', 'localhost') : host,
  };
  const inside = lanes.services
    .filter((other) => calledBy(lanes, other).includes(service))
    .map((caller): CallerOfService => {
      const version = caller.versions.find(({ name }) => name === caller.baseline) as LaneVersion;
      const proxy = { type: 'sidecar' as const, ...workloadOf(caller, version), name: caller.name };
      return { proxy, authority: authorityFrom(caller.namespace, service) };
    });
  return [...(service.entry ? [gateway] : []), ...inside];
}

function findingAt(
  { lanes, service, version }: { lanes: Lanes; service: LaneService; version: LaneVersion },
  { proxy, authority }: CallerOfService,
  table: RouteTable,
): Finding | undefined {
  const port = proxy.type === 'gateway' ? gatewayPortOf(table.ports.keys()) : service.port;
  const head = { method: 'GET', path: '/', scheme: 'http' as const, authority, port };
  const { destinations } = explain(table, { ...head, headers: { [lanes.header]: version.name } });
  const reached = new Set(destinations.flatMap(({ cluster }) => labelsOf(table, cluster)));
  if (reached.size === 1 && reached.has(version.labels)) return undefined;
  const others = service.versions.filter(({ labels }) => reached.has(labels)).map(({ name }) => name);
  const goes = others.length > 0 ? `goes to ${others.join(' or ')}` : 'reaches no version of it';
  return {
    code: 'version-unrouted',
    ...version.place,
    object: `${service.name}/${version.name}`,
    message: `from ${proxy.name} a request with ${lanes.header}: ${version.name} ${goes}`,
  };
}

/** Labels of those that may answer; of an aggregate, those of its first member that has any. */
function labelsOf(
  table: RouteTable,
  name: string,
): Registry['services'][number]['endpoints'][number]['labels'][] {
  const cluster = table.clusters.get(name);
  if (cluster?.type === 'endpoints')
    return cluster.endpoints.filter(({ ready }) => ready).map(({ labels }) => labels);
  if (cluster?.type !== 'aggregate') return [];
  return cluster.members.map((member) => labelsOf(table, member)).find((all) => all.length > 0) ?? [];
}
