/** What one proxy of a cluster sees and decides by. Worked out once for each proxy of a mesh. */

import type { Registry } from '../../mesh/network/registry.ts';
import { unmetConditions } from '../../mesh/remarks/http-routes.ts';
import { type Remark, remarks } from '../../mesh/remarks/remarks.ts';
import { View } from '../../mesh/remarks/views.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import type { Condition } from '../../mesh/routing/gateway-api/conditions.ts';
import { buildTable, type RouteTable, type TableOptions } from '../../mesh/routing/table.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { countsOnCluster } from './cluster-remarks.ts';
import type { LiveMesh } from './live-mesh.ts';
import { scopeOf, sidecarFor } from './sidecar-scope.ts';
import type { Snapshot } from './snapshot.ts';

interface Seen extends TableOptions {
  registry: Registry;
  rules: RuleSet;
  /** Why it is not all that there is. */
  notes: readonly string[];
  /** On all HTTPRoutes. */
  conditions: readonly Condition[];
}

export class Sight {
  readonly proxy: ProxyIdentity;
  readonly registry: Registry;
  readonly rules: RuleSet;
  readonly notes: readonly string[];
  readonly table: RouteTable;
  readonly view: View;
  readonly #unmet: readonly Remark[];
  #remarks: readonly Remark[] | undefined;

  constructor(proxy: ProxyIdentity, seen: Seen) {
    const { registry, rules, notes, conditions } = seen;
    this.proxy = proxy;
    this.#unmet = unmetConditions(conditions);
    this.registry = registry;
    this.rules = rules;
    this.notes = notes;
    this.table = buildTable(rules, registry, proxy, seen);
    this.view = new View(rules, registry, proxy);
  }

  /** On all rules, as this proxy sees them. */
  get remarks(): readonly Remark[] {
    this.#remarks ??= [
      ...remarks(this.rules, this.registry, { proxies: [this.proxy] }),
      ...this.#unmet,
    ].filter(countsOnCluster);
    return this.#remarks;
  }
}

const known = new WeakMap<LiveMesh, Map<string, Sight>>();

export function sightOf(mesh: LiveMesh, proxy: ProxyIdentity): Sight {
  const ofMesh = known.get(mesh) ?? new Map<string, Sight>();
  known.set(mesh, ofMesh);
  const before = ofMesh.get(proxy.name);
  if (before) return before;
  const sight = new Sight(proxy, seenBy(mesh, proxy));
  ofMesh.set(proxy.name, sight);
  return sight;
}

function seenBy({ snapshot, live, translated, meshConfig }: LiveMesh, proxy: ProxyIdentity): Seen {
  const all = {
    registry: live.registry,
    ...translated,
    rules: proxy.type === 'gateway' ? heard(translated.rules, snapshot) : translated.rules,
    outboundTrafficPolicy: meshConfig.outboundTrafficPolicy?.mode ?? ('ALLOW_ANY' as const),
    notes: [],
  };
  const sidecar = proxy.type === 'sidecar' ? sidecarFor(snapshot.sidecars.items, proxy) : undefined;
  if (!sidecar) return all;
  const scope = scopeOf(sidecar, live.registry, translated.rules, proxy);
  const { registry, rules, outboundTrafficPolicy = all.outboundTrafficPolicy } = scope;
  const own = scope.ownListeners ? '; its listeners with ports of their own are not judged' : '';
  const notes = [`${scope.name} says what this workload sees${own}`];
  return { ...all, registry, rules, outboundTrafficPolicy, notes };
}

/** Without the listeners of Gateways on ports that the Service of their address has not: nobody listens there. */
function heard(rules: RuleSet, { services }: Snapshot): RuleSet {
  const portsOf = ({ name, namespace }: { name: string; namespace: string }) =>
    services.items
      .filter(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
      .flatMap(({ spec: { ports = [] } }) => ports.map(({ port }) => port));
  const gateways = rules.gateways.map((gateway) => {
    if (!gateway.pods || gateway.pods.services.length === 0) return gateway;
    const ports = gateway.pods.services.flatMap(portsOf);
    return { ...gateway, servers: gateway.servers.filter(({ port }) => ports.includes(port.number)) };
  });
  return { ...rules, gateways };
}
