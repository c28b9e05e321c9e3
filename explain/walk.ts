/** Follows a request through the lanes without sending it: at each proxy what its rules decide, and who answers then. */
import { parseColor } from '../carry/color.ts';
import { alwaysPropagated } from '../carry/propagated-headers.ts';
import { calledBy } from '../lanes/graph.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { authorityFrom, registryAsWritten } from '../lanes/registry.ts';
import type { OutboundTrafficPolicy } from '../mesh/mesh.ts';
import { Directory } from '../mesh/network/directory.ts';
import { fqdn, type Registry } from '../mesh/network/registry.ts';
import { changeHeaders } from '../mesh/proxy/headers.ts';
import * as replies from '../mesh/proxy/local-reply.ts';
import { formatRemark, type Remark, remarks } from '../mesh/remarks/remarks.ts';
import { View } from '../mesh/remarks/views.ts';
import type { ProxyIdentity, RequestHead } from '../mesh/routing/decision.ts';
import { withWrittenServices } from '../mesh/routing/gateway-api/services.ts';
import { gatewayPortOf } from '../mesh/routing/gateway-port.ts';
import { buildTable } from '../mesh/routing/table.ts';
import type { RuleSet } from '../mesh/rules/model.ts';
import { type Ending, hopAt, type ProxyHop } from './hop.ts';
import { onTheWay } from './on-the-way.ts';
import type { Answerer } from './serving.ts';

/** Who sends the first request. */
export type Caller =
  | { type: 'proxy'; proxy: ProxyIdentity }
  /** A pod without sidecar: no rule is asked. */
  | { type: 'plain'; name: string; namespace: string };

export interface ForeseenHop {
  caller: Caller;
  head: RequestHead;
  /** Absent where no proxy is asked. */
  proxied?: Omit<ProxyHop, 'endings'>;
  endings: readonly Ending[];
  /** What there is to say of the rules that it meets here, as the caller sees them; each once in a walk. */
  remarks: readonly Remark[];
}

export interface WrittenMesh {
  lanes: Lanes;
  rules: RuleSet;
  outboundTrafficPolicy: OutboundTrafficPolicy;
}

/** What is asked of a caller, and where its connection is meant to go (`host:port`), where Host does not say it. */
interface Asked {
  caller: Caller;
  head: RequestHead;
  address?: string;
}

/**
 * All hops of a request, those of every version that may answer included, in the order in which they are made.
 * The port of a request to the gateway is the one that the local gateway stands for, whatever `head` says.
 */
export function walk(mesh: WrittenMesh, caller: Caller, head: RequestHead, address?: string): ForeseenHop[] {
  const registry = registryAsWritten(mesh.lanes);
  const said = new Set<string>();
  const hops: ForeseenHop[] = [];
  const waiting: Asked[] = [{ caller, head, ...(address && { address }) }];
  const asked = new Set<string>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const hop = hopOf(mesh, registry, next);
    const unsaid = hop.remarks.filter((remark) => !said.has(formatRemark(remark)));
    for (const remark of unsaid) said.add(formatRemark(remark));
    hops.push({ ...hop, remarks: unsaid });
    for (const further of hop.endings.flatMap((ending) => nextHops(mesh.lanes, hop, ending))) {
      // Several ways may lead to one version, which then asks the same.
      const key = JSON.stringify(further);
      if (!asked.has(key)) waiting.push(further);
      asked.add(key);
    }
  }
  return hops;
}

/** The sidecar beside a version. */
export function sidecarOf(service: LaneService, version: LaneVersion): ProxyIdentity {
  return {
    type: 'sidecar',
    name: `${service.name}/${version.name}`,
    namespace: service.namespace,
    labels: version.labels,
  };
}

/** The version behind an answerer; undefined where it is none of the lanes. */
export function versionOf(
  lanes: Lanes,
  answerer: Answerer,
): { service: LaneService; version: LaneVersion } | undefined {
  if (answerer.type === 'outside') return undefined;
  for (const service of lanes.services) {
    // The registry of lanes gives each endpoint the very labels of its version.
    const version = service.versions.find(({ labels }) => labels === answerer.endpoint.labels);
    if (version) return { service, version };
  }
  return undefined;
}

function hopOf(mesh: WrittenMesh, registry: Registry, asked: Asked): ForeseenHop {
  const { caller, address } = asked;
  if (caller.type === 'plain') return plainHop(registry, caller, asked.head);
  const { rules, outboundTrafficPolicy } = mesh;
  const { proxy } = caller;
  const table = buildTable(rules, registry, proxy, { outboundTrafficPolicy });
  const atGateway = proxy.type === 'gateway';
  const head = atGateway ? { ...asked.head, port: gatewayPortOf(table.ports.keys()) } : asked.head;
  if (head.scheme === 'https') return { caller, head, endings: [noTls(atGateway)], remarks: [] };
  const { endings, ...proxied } = hopAt(
    { table, view: new View(table.rules, withWrittenServices(rules, registry), proxy) },
    head,
    address,
  );
  const seen = remarks(rules, registry, {
    proxies: [proxy],
    ...(atGateway && { gatewayLabels: proxy.labels }),
  });
  return {
    caller,
    head,
    proxied,
    endings,
    remarks: onTheWay(seen, table.rules, proxy, proxied.explanation),
  };
}

function noTls(atGateway: boolean): Ending {
  const { status, body } = replies.noTls;
  const outcome = atGateway
    ? 'no answer: the local gateway speaks no TLS; use a cluster'
    : `${status}: ${body.trim()}`;
  return { percent: 100, outcome, answerers: [] };
}

/** Without a sidecar the Service's address leads to any ready endpoint. */
function plainHop(registry: Registry, caller: Caller & { type: 'plain' }, head: RequestHead): ForeseenHop {
  const host = head.authority.replace(/:\d+$/, '');
  const service = new Directory(registry).find(host, caller.namespace);
  const hop = (ending: Omit<Ending, 'percent'>) => ({
    caller,
    head,
    endings: [{ percent: 100, ...ending }],
    remarks: [],
  });
  if (!service) return hop({ answerers: [], outcome: `no service is called ${host}` });
  if (!service.ports.some(({ number }) => number === head.port)) {
    const has = service.ports.map(({ number }) => number).join(', ');
    return hop({
      answerers: [],
      outcome: `connection refused: ${host} has no port ${head.port} (has: ${has})`,
    });
  }
  const answerers = service.endpoints
    .filter(({ ready }) => ready)
    .map((endpoint) => ({ type: 'endpoint' as const, endpoint, host: fqdn(service) }));
  return hop(answerers.length > 0 ? { answerers } : { answerers, outcome: 'no endpoint is ready' });
}

/** What each version that answers asks next: same method and path, and the headers that it carries on. */
function nextHops(lanes: Lanes, hop: ForeseenHop, { answerers, way }: Ending): Asked[] {
  const versions = new Map(
    answerers.flatMap((answerer) => {
      const found = versionOf(lanes, answerer);
      return found ? [[found.version, found] as const] : [];
    }),
  );
  return [...versions.values()].flatMap(({ service, version }) =>
    calledBy(lanes, service).map((called) => {
      const head: RequestHead = {
        method: hop.head.method,
        path: way?.decision.path ?? hop.head.path,
        authority: authorityFrom(service.namespace, called),
        scheme: 'http',
        port: called.port,
        headers: carriedOn(hop.head, lanes.header, version, way?.decision.requestHeaders ?? []),
      };
      return { caller: { type: 'proxy' as const, proxy: sidecarOf(service, version) }, head };
    }),
  );
}

/** The headers that a version hands on, after what the proxy before it did to them. */
function carriedOn(
  head: RequestHead,
  colorHeader: string,
  version: LaneVersion,
  changes: Parameters<typeof changeHeaders>[1],
): Record<string, string> {
  const lines = Object.entries(head.headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((line) => [name, line]),
  );
  changeHeaders(lines, changes);
  const carried = [
    ...alwaysPropagated,
    colorHeader,
    ...(version.env.PROPAGATE_HEADERS ?? '').toLowerCase().split(/\s*,\s*/),
  ];
  const headers: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 2) {
    const [name = '', value = ''] = lines.slice(i, i + 2);
    if (carried.includes(name)) headers[name] = headers[name] ? `${headers[name]}, ${value}` : value;
  }
  headers[colorHeader] = parseColor(headers[colorHeader]).color;
  return headers;
}
