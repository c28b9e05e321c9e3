/** Why no upstream answers: one cause for each way in which that happens. */
import { noUpstream } from '../mesh/remarks/no-upstream.ts';
import { unknownHost } from '../mesh/remarks/unknown-host.ts';
import type { View } from '../mesh/remarks/views.ts';
import { partsOfCluster } from '../mesh/routing/cluster-name.ts';
import type { RequestHead } from '../mesh/routing/decision.ts';
import { hostOf, isSubsetOf, serviceDomains } from '../mesh/routing/hosts.ts';
import { allHosts } from '../mesh/routing/services.ts';
import type { RouteTable } from '../mesh/routing/table.ts';
import { isExportedTo } from '../mesh/routing/visibility.ts';
import { resolveHost } from '../mesh/rules/hosts.ts';
import type { VirtualService } from '../mesh/rules/model.ts';

/** Why the table has no cluster of this name (503 NC). */
export function noSuchCluster(view: View, name: string): string {
  const parts = partsOfCluster(name);
  if (parts?.direction !== 'outbound') {
    return `${view.proxy.name} has no cluster ${name}: no EnvoyFilter that acts on it adds one`;
  }
  const cause = noUpstream(view, parts);
  return cause ? withWayOut(cause) : `${view.proxy.name} has no cluster ${name}`;
}

/** Why nobody is ready in this cluster, or in none of several (503 UH). */
export function nobodyReady(view: View, table: RouteTable, names: readonly string[]): string {
  return names.map((name) => nobodyIn(view, table, name)).join('; ');
}

function nobodyIn(view: View, table: RouteTable, name: string): string {
  const cluster = table.clusters.get(name);
  if (cluster?.type !== 'endpoints') return noSuchCluster(view, name);
  const { host, port, subset, endpoints } = cluster;
  if (endpoints.length > 0) {
    const names = endpoints.map((endpoint) => endpoint.name);
    return `${subset ? `subset ${JSON.stringify(subset)} of ` : ''}${host} has nobody ready (not ready: ${names.join(', ')})`;
  }
  const cause = noUpstream(view, { host, port, ...(subset && { subset }) });
  return cause ? withWayOut(cause) : `${host} has no endpoint`;
}

/** Why no virtual host of the proxy has the host that is called (404 NR). */
export function noVirtualHost(view: View, table: RouteTable, head: RequestHead): string {
  const host = hostOf(head.authority);
  if (view.proxy.type === 'sidecar') return `no virtual host of port ${head.port} has the host "${host}"`;
  if (table.ports.size === 0) return noGateway(view);
  if (!table.ports.has(head.port)) {
    return `no Gateway has port ${head.port} (has: ${[...table.ports.keys()].join(', ')})`;
  }
  const claiming = view.rules.virtualServices.filter((rule) =>
    rule.hosts.some((written) => isSubsetOf(host, written.toLowerCase())),
  );
  if (claiming.length === 0) return `no VirtualService has the host "${host}"`;
  return claiming.map((rule) => notAtGateway(view, table, rule, head)).join('; ');
}

/** Why no Gateway configures this gateway. */
function noGateway({ rules: { gateways } }: View): string {
  if (gateways.length === 0) return 'there is no Gateway';
  const selectors = gateways.slice(0, 5).map(({ namespace, name, selector }) => {
    const labels = Object.entries(selector).map(([label, value]) => `${label}=${value}`);
    return `${namespace}/${name} is for pods with ${labels.join(', ')}`;
  });
  return `no Gateway is for this gateway: ${selectors.join('; ')}`;
}

/** Why this gateway does not obey a VirtualService that has the host. */
function notAtGateway(view: View, table: RouteTable, rule: VirtualService, { port }: RequestHead): string {
  const named = `VirtualService ${rule.name}`;
  const { namespace } = view.proxy;
  if (!isExportedTo(rule.exportTo, rule.namespace, namespace)) {
    return `${named} is not exported to the gateway's namespace ${namespace}`;
  }
  const bound = rule.gateways.filter((gateway) => gateway !== 'mesh');
  if (bound.length === 0) return `${named} has this host for sidecars only; name a Gateway in its gateways`;
  if (view.gets(rule)) {
    const heard = (table.ports.get(port)?.virtualHosts ?? []).flatMap(({ domains }) => domains);
    const served = heard.length > 0 ? heard.join(', ') : 'none';
    return `${named} has this host, but its Gateway ${bound.join(', ')} does not let it in on port ${port} (serves: ${served})`;
  }
  const known = view.rules.gateways.map((gateway) => `${gateway.namespace}/${gateway.name}`);
  const missing = bound.filter((gateway) => !known.includes(gateway));
  if (missing.length > 0) {
    return `${named} names ${missing.join(', ')}, which no Gateway is called (has: ${known.join(', ') || 'none'})`;
  }
  return `${named} is bound to ${bound.join(', ')}, which is for other gateways`;
}

/** Why a sidecar knows no service for this host and port, so that its rules have no say. */
export function unknownToSidecar(view: View, { authority, port }: RequestHead): string {
  const { namespace } = view.proxy;
  const host = hostOf(authority);
  const service = [...view.services.values()].find(
    (one) => one.host === host || serviceDomains(one.host, namespace).includes(host),
  );
  if (service) {
    const has = service.ports.map(({ number }) => number).join(', ') || 'none';
    return `${service.host} has no port ${port} (has: ${has})`;
  }
  return unknownHost(resolveHost(host, namespace), allHosts(view.registry, view.rules.serviceEntries))
    .message;
}

function withWayOut({ message, wayOut }: { message: string; wayOut?: string }): string {
  return wayOut ? `${message}; ${wayOut}` : message;
}
