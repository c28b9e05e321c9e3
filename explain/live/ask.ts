/** Asks a running cluster where a request goes: the same decision as the local mesh, from the objects that are there. */
import { fqdn, type Registry } from '../../mesh/network/registry.ts';
import type { Remark } from '../../mesh/remarks/remarks.ts';
import { partsOfCluster } from '../../mesh/routing/cluster-name.ts';
import type { ProxyIdentity, RequestHead } from '../../mesh/routing/decision.ts';
import { gatewayPortOf } from '../../mesh/routing/gateway-port.ts';
import { hostOf, serviceDomains } from '../../mesh/routing/hosts.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import { type Ending, hopAt, type ProxyHop } from '../hop.ts';
import { onTheWay } from '../on-the-way.ts';
import { type Admission, admissionsOf } from './callee.ts';
import { callerOf, type LiveCaller } from './caller.ts';
import { computersOnTheWay } from './computers.ts';
import type { LiveMesh } from './live-mesh.ts';
import { refusedRoutes, whyNoRule } from './no-rule.ts';
import { notJudgedHere } from './not-judged.ts';
import type { LiveRegistry } from './registry.ts';
import { sightOf } from './sight.ts';
import { notSeen } from './snapshot.ts';
import { saidByIstiod } from './statuses.ts';

export interface Question {
  /** `pod/NAME`, `deploy/NAME` …; undefined: the gateway. */
  from?: string;
  namespace: string;
  /** `port` as the URL says it. */
  head: RequestHead;
}

export interface LiveAnswer {
  caller: LiveCaller;
  head: RequestHead;
  /** Absent where no HTTP rule has a say. */
  proxied?: ProxyHop;
  /** Of `proxied`, or how it ends without it. */
  endings: readonly Ending[];
  remarks: readonly Remark[];
  /** What the pods that may answer say to the caller, and before that the gateway. */
  admissions: readonly Admission[];
  /** What to know besides, a line each. */
  notes: readonly string[];
  /** What concerns this request and is not judged here, a line each. */
  notJudged: readonly string[];
  /** What the user may not see, a line each. */
  notSeen: readonly string[];
}

/** @throws Failure where it is not clear who asks */
export function ask(mesh: LiveMesh, { from, namespace, head: asked }: Question): LiveAnswer {
  const { snapshot, meshConfig } = mesh;
  const caller = callerOf(snapshot, from, namespace);
  const common = { caller, remarks: [], admissions: [], notJudged: [], notSeen: notSeen(snapshot) };
  const assumed = meshConfig.assumed
    ? ["MeshConfig cannot be read (configmap istio of istio-system): Istio's defaults are assumed"]
    : [];
  if (!caller.proxy) {
    const endings = [plainEnding(mesh, caller, asked)];
    const admissions = admissionsOf(mesh, caller, asked, endings);
    const notes = [...assumed, ...computersOnTheWay(mesh.live, endings)];
    return { ...common, head: asked, notes, endings, admissions };
  }
  const { proxy } = caller;
  const alias = proxy.type === 'sidecar' ? aliasOf(mesh.live, proxy, asked) : undefined;
  const named = alias ? { ...asked, authority: asked.authority.replace(/^[^:]*/, alias.target) } : asked;
  const notes = [...assumed, ...otherRevision(caller), ...(alias ? [alias.said] : [])];
  const unread = proxy.type === 'sidecar' ? passedUnread(mesh.live, proxy, named) : undefined;
  if (unread) return { ...common, head: asked, notes, endings: [unread] };

  const sight = sightOf(mesh, proxy);
  const { table, rules, registry } = sight;
  const head = { ...named, port: proxy.type === 'gateway' ? gatewayPort(table, named) : named.port };
  const proxied = atHeadless(hopAt(sight, head, asked.authority), registry, proxy);
  const { explanation } = proxied;
  const admissions = admissionsOf(mesh, caller, head, proxied.endings);
  return {
    ...common,
    head,
    proxied,
    admissions,
    endings: proxied.endings,
    remarks: onTheWay(sight.remarks, rules, proxy, explanation),
    notes: [
      ...notes,
      ...sight.notes,
      ...refusedRoutes(mesh.translated, proxy, explanation),
      ...saidByIstiod(mesh, proxy, explanation),
      ...whyNoRule(rules, proxy, explanation),
      ...headlessNotes(proxied, registry, proxy),
      ...computersOnTheWay(mesh.live, proxied.endings, table.clusters),
    ],
    notJudged: [
      ...notJudgedHere(mesh, sight, head, explanation),
      ...new Set(admissions.flatMap(({ notJudged }) => notJudged)),
    ],
  };
}

/** MeshConfig is read of the default revision of istiod. */
function otherRevision({ pod }: LiveCaller): string[] {
  const status = pod.metadata.annotations?.['sidecar.istio.io/status'] ?? '';
  const [, revision = ''] = /"revision":"([^"]*)"/.exec(status) ?? [];
  if (revision === 'default' || revision === '') return [];
  return [`it obeys istiod of revision ${revision}; MeshConfig was read of the default one`];
}

/**
 * A headless service at a sidecar: the client has resolved one of its pods, to which the sidecar's ORIGINAL_DST cluster
 * leads, be it in the subset or not (Istio: pilot/pkg/networking/core/cluster.go, convertResolution).
 */
function atHeadless(hop: ProxyHop, registry: Registry, proxy: ProxyIdentity): ProxyHop {
  const endings = hop.endings.map((ending) => {
    const service = headlessBehind(ending, registry, proxy);
    if (!service) return ending;
    const ready = service.endpoints.filter((endpoint) => endpoint.ready);
    return {
      ...ending,
      answerers: ready.map((endpoint) => ({ type: 'endpoint' as const, endpoint, host: fqdn(service) })),
    };
  });
  return { ...hop, endings };
}

function headlessNotes(hop: ProxyHop, registry: Registry, proxy: ProxyIdentity): string[] {
  return hop.endings.flatMap((ending) => {
    const service = headlessBehind(ending, registry, proxy);
    return service
      ? [
          `${service.name}.${service.namespace} is headless: the request goes to the pod that the client has resolved, in whatever subset`,
        ]
      : [];
  });
}

function headlessBehind({ way }: Ending, { services }: Registry, { type }: ProxyIdentity) {
  const host = way && partsOfCluster(way.decision.cluster)?.host;
  return type === 'sidecar' && host ? services.find((one) => one.headless && fqdn(one) === host) : undefined;
}

function aliasOf({ aliases }: LiveRegistry, { namespace }: ProxyIdentity, { authority }: RequestHead) {
  const host = hostOf(authority);
  return aliases.find(({ means }) => means(host, namespace));
}

/** What goes through a sidecar without being looked at. */
function passedUnread(
  { otherPorts }: LiveRegistry,
  { namespace }: ProxyIdentity,
  head: RequestHead,
): Ending | undefined {
  const ending = (outcome: string) => ({ percent: 100, answerers: [], outcome });
  const host = hostOf(head.authority);
  const other = otherPorts.find(
    (one) => one.port === head.port && serviceDomains(fqdn(one), namespace).includes(host),
  );
  if (other) {
    return ending(
      `no HTTP rule has a say: port ${other.port} of ${other.name}.${other.namespace} speaks ${other.why}, so its connections are handed on unread`,
    );
  }
  if (head.scheme !== 'https') return undefined;
  return ending('no HTTP rule has a say: TLS of the client passes the sidecar unread, by its server name');
}

/** The port of a Gateway's server: the one asked for, else that of the scheme, else the one that the local gateway would take. */
function gatewayPort({ ports }: RouteTable, { port, scheme }: RequestHead): number {
  if (ports.has(port)) return port;
  if (scheme === 'https' && ports.has(443)) return 443;
  return gatewayPortOf(ports.keys());
}

/** Without a sidecar the Service's address leads to any endpoint that is ready. */
function plainEnding({ live }: LiveMesh, { pod }: LiveCaller, head: RequestHead): Ending {
  const host = hostOf(head.authority);
  const found = live.registry.services.find((service) =>
    serviceDomains(fqdn(service), pod.metadata.namespace).includes(host),
  );
  if (!found) return { percent: 100, answerers: [], outcome: `no service is called ${host}` };
  const answerers = found.endpoints
    .filter(({ ready }) => ready)
    .map((endpoint) => ({ type: 'endpoint' as const, endpoint, host: fqdn(found) }));
  if (answerers.length > 0) return { percent: 100, answerers };
  return { percent: 100, answerers, outcome: `no endpoint of ${host} is ready` };
}
