/** The rules of a cluster, Istio's and those of the Gateway API, as the local mesh understands them, and what of them it leaves out. */

import { rootNamespace, selects } from '../../mesh/routing/visibility.ts';
import { writtenService } from '../../mesh/rules/gateway-api/kubernetes.ts';
import type { WrittenNamespace } from '../../mesh/rules/gateway-api/model.ts';
import { type LeftOut, liveRules } from '../../mesh/rules/live.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { formatPath, type Path } from '../../mesh/rules/problem.ts';
import type { SourceObject } from '../../mesh/rules/source.ts';
import { hasHosts, withDelegates } from './delegates.ts';
import { httpListeners, inNamespace, routeAsRun, routesNotRun } from './gateway-api.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { Parent } from './parents.ts';
import { workloadsIn } from './registry.ts';
import type { IstioObject, Namespace, Service } from './resources.ts';
import type { Snapshot } from './snapshot.ts';

/** What is not judged, and whom it is for; absent: anybody who meets the object. */
export type NotJudged = LeftOut & {
  /** Of a gateway. */
  port?: number;
  /** Of a route of the Gateway API. */
  parent?: Parent;
};

export interface LiveRules {
  rules: RuleSet;
  notJudged: NotJudged[];
  /** Ports of gateways that end TLS: their routes are found as those of plain HTTP. */
  tlsPorts: ReadonlySet<number>;
}

export function rulesOf(snapshot: Snapshot, meshConfig: MeshConfig): LiveRules {
  const said: NotJudged[] = [];
  const tlsPorts = new Set<number>();
  const virtualServices = snapshot.virtualServices.items;
  const objects: SourceObject[] = [
    ...virtualServices
      .filter(({ spec }) => hasHosts(spec))
      .map((object) =>
        rooted(exported(object, meshConfig.defaultVirtualServiceExportTo), virtualServices, said),
      ),
    ...snapshot.destinationRules.items.map((object) =>
      placed(exported(object, meshConfig.defaultDestinationRuleExportTo)),
    ),
    ...snapshot.gateways.items.map((object) => httpServers(object, said, tlsPorts)),
    ...snapshot.serviceEntries.items.map((object) =>
      httpPorts(withWorkloads(exported(object, meshConfig.defaultServiceExportTo), snapshot)),
    ),
    ...snapshot.envoyFilters.items.map((object) => placed(object)),
    ...snapshot.gatewayClasses.items.map((object) => placed(inNamespace(object, rootNamespace))),
    ...snapshot.apiGateways.items.map((object) => placed(httpListeners(object, said, tlsPorts))),
    ...[...snapshot.httpRoutes.items, ...snapshot.grpcRoutes.items].map((object) =>
      placed(routeAsRun(object, said)),
    ),
    ...snapshot.referenceGrants.items.map((object) => placed(object)),
  ];
  said.push(...routesNotRun(snapshot));
  const { rules, leftOut } = liveRules(objects, [
    ...snapshot.namespaces.items.map(writtenNamespace),
    ...snapshot.services.items.flatMap((service) => writtenService(placed(service)) ?? []),
  ]);
  return { rules, notJudged: [...leftOut, ...said], tlsPorts };
}

function writtenNamespace({ metadata: { name, labels = {} } }: Namespace): WrittenNamespace {
  return { kind: 'Namespace', name, namespace: '', place: { file: `Namespace ${name}`, line: 0 }, labels };
}

/** Lists of a route whose entries have places of their own. */
const innerLists: readonly Path[number][] = ['match', 'matches', 'backendRefs'];

/** An object whose places are its own name and the field that is meant. */
function placed(
  object: IstioObject | Service,
  from: (index: number) => string | undefined = () => undefined,
): SourceObject {
  const { kind, metadata } = object;
  const name = `${kind} ${metadata.namespace}/${metadata.name}`;
  return {
    file: name,
    value: object,
    place: (path) => {
      const [, list, index, inner = '', which] = path;
      if (typeof index !== 'number') return { file: name, line: 0 };
      const origin = list === 'http' ? from(index) : undefined;
      const field: Path = innerLists.includes(inner) && typeof which === 'number' ? [inner, which] : [];
      const at = origin ?? `${name} ${formatPath([String(list), index])}`;
      return { file: field.length > 0 ? `${at}.${formatPath(field)}` : at, line: 0 };
    },
  };
}

/** With what meshConfig says for objects that are exported to nobody in particular. */
function exported(object: IstioObject, byDefault: readonly string[] | undefined): IstioObject {
  const written = object.spec?.exportTo;
  if (!byDefault || (Array.isArray(written) && written.length > 0)) return object;
  return { ...object, spec: { ...object.spec, exportTo: byDefault } };
}

function rooted(object: IstioObject, all: readonly IstioObject[], said: NotJudged[]): SourceObject {
  if (!Array.isArray(object.spec?.http)) return placed(object);
  const { routes, lost } = withDelegates(object, all);
  const { kind, metadata } = object;
  const about = { kind, namespace: metadata.namespace, name: metadata.name };
  said.push(...lost.map(({ from, message }) => ({ object: about, place: { file: from, line: 0 }, message })));
  const spec = { ...object.spec, http: routes.map(({ route }) => route) };
  return placed({ ...object, spec }, (index) => routes[index]?.from);
}

const httpProtocols = /^(http|http2|grpc|grpc-web)$/i;
const terminating = /^(SIMPLE|MUTUAL|ISTIO_MUTUAL|OPTIONAL_MUTUAL)$/;

interface Server {
  port?: { number?: number; name?: string; protocol?: string };
  tls?: { mode?: string; httpsRedirect?: boolean };
}

/** A Gateway's servers as those of plain HTTP where they end TLS; without those that hand connections on as they are. */
function httpServers(object: IstioObject, said: NotJudged[], tlsPorts: Set<number>): SourceObject {
  const { kind, metadata, spec } = object;
  const servers = ((spec?.servers ?? []) as Server[]).flatMap((server, index) => {
    const { port = {}, tls } = server;
    const protocol = port.protocol ?? '';
    if (httpProtocols.test(protocol)) return [{ ...server, port: { ...port, protocol: 'HTTP' } }];
    if (/^https$/i.test(protocol) && terminating.test(tls?.mode ?? '')) {
      if (port.number) tlsPorts.add(port.number);
      const { tls: _, ...plain } = server;
      return [{ ...plain, port: { ...port, protocol: 'HTTP' } }];
    }
    said.push({
      object: { kind, namespace: metadata.namespace, name: metadata.name },
      place: { file: `${kind} ${metadata.namespace}/${metadata.name} servers[${index}]`, line: 0 },
      message: `${protocol}${tls?.mode ? ` ${tls.mode}` : ''} on port ${port.number}: connections are handed on by their server name`,
      ...(port.number && { port: port.number }),
    });
    return [];
  });
  return placed({ ...object, spec: { ...spec, servers } });
}

/** A ServiceEntry that selects workloads, with these as its endpoints. */
function withWorkloads(object: IstioObject, { pods, workloadEntries }: Snapshot): IstioObject {
  const { workloadSelector, ...spec } = (object.spec ?? {}) as {
    workloadSelector?: { labels?: Record<string, string> };
  };
  if (!workloadSelector) return object;
  const { namespace } = object.metadata;
  const { labels = {} } = workloadSelector;
  const endpoints = [
    ...pods.items
      .filter(
        ({ metadata, status }) =>
          metadata.namespace === namespace && status.podIP && selects(labels, metadata.labels ?? {}),
      )
      .map(({ metadata, status }) => ({ address: status.podIP, labels: metadata.labels ?? {} })),
    ...workloadsIn(namespace, labels, workloadEntries.items).map((entry) => {
      const { address, ports, labels: own } = entry.spec ?? {};
      return { address, ...(ports && { ports }), ...(own && { labels: own }) };
    }),
  ];
  return { ...object, spec: { ...spec, endpoints } };
}

/** A ServiceEntry with its ports of HTTP only. */
function httpPorts(object: IstioObject): SourceObject {
  const ports = ((object.spec?.ports ?? []) as { protocol?: string }[]).flatMap((port) =>
    httpProtocols.test(port.protocol ?? 'HTTP') ? [{ ...port, protocol: 'HTTP' }] : [],
  );
  return placed({ ...object, spec: { ...object.spec, ports } });
}
