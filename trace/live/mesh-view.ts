/** A cluster as `trace` sees it: its proxies, how they log, and what the names of routes tell. */

import type { Cluster } from '../../cluster/cluster.ts';
import { istioNamespace } from '../../cluster/istio.ts';
import type { KubernetesObject, ObjectReader } from '../../cluster/objects.ts';
import { type Pod, pods } from '../../cluster/pods.ts';
import { Failure } from '../../runtime/failure.ts';
import { httpRouteSpecs } from '../http-routes.ts';
import { lineReader } from '../log-format.ts';
import { routeColors } from '../route-colors.ts';
import { LogReader } from './log-reader.ts';
import { type MeshLog, readMeshLog } from './mesh-log.ts';
import { type Proxies, proxiesOf } from './proxies.ts';

export interface MeshView {
  header: string;
  proxies: Proxies;
  log: MeshLog;
  reader: LogReader;
  /** What the user may not see, a line each. */
  notes: readonly string[];
}

const virtualServices = {
  group: 'networking.istio.io/v1',
  plural: 'virtualservices',
  kind: 'VirtualService',
};
const gatewayApi = 'gateway.networking.k8s.io/v1';
const httpRoutes = { group: gatewayApi, plural: 'httproutes', kind: 'HTTPRoute' };
const grpcRoutes = { group: gatewayApi, plural: 'grpcroutes', kind: 'GRPCRoute' };
interface Rule extends KubernetesObject {
  spec?: unknown;
}

export interface Where {
  cluster: Cluster;
  objects: ObjectReader;
  /** Whose sidecars are read. */
  namespaces: readonly string[];
  /** That carries the colour. */
  header: string;
}

/**
 * @param before the reader of the last look, which knows what it has read
 * @throws Failure where no proxy can be seen
 */
export async function lookAt(where: Where, before?: LogReader): Promise<MeshView> {
  const { cluster, objects, namespaces, header } = where;
  const otherwise = [...new Set([...namespaces, istioNamespace])];
  const [podList, rules, ofHttp, ofGrpc, log] = await Promise.all([
    objects.list<Pod>(pods, otherwise),
    objects.list<Rule>(virtualServices, otherwise),
    objects.list<Rule>(httpRoutes, otherwise),
    objects.list<Rule>(grpcRoutes, otherwise),
    readMeshLog(objects, header),
  ]);
  const proxies = proxiesOf(podList, namespaces);
  if (!proxies.proxies.some(({ type }) => type === 'sidecar')) {
    const why = podList.refused && !namespaces.some((one) => podList.namespaces?.includes(one));
    throw new Failure(
      why
        ? `${podList.refused}`
        : `No pod with a sidecar runs in namespace ${namespaces.join(', ')}. Another one: --namespace NAME`,
      2,
    );
  }
  const colors = routeColors(
    [...rules.items.map(({ spec }) => spec), ...httpRouteSpecs([...ofHttp.items, ...ofGrpc.items])],
    header,
  );
  // A route without a name may be any of those that change the colour.
  const unknown = [...colors.values()].some(({ sets }) => sets) ? { sets: true as const } : undefined;
  const directory = {
    at: (address: string) => proxies.parties.get(address),
    route: (name: string) => colors.get(name) ?? unknown,
  };
  const notes = [
    ...(podList.refused
      ? [`pods: only of ${(podList.namespaces ?? []).join(', ')} (${podList.refused})`]
      : []),
    ...[
      { kind: 'VirtualServices', listing: rules },
      { kind: 'HTTPRoutes', listing: ofHttp },
      { kind: 'GRPCRoutes', listing: ofGrpc },
    ].flatMap(({ kind, listing: { refused, namespaces = [] } }) =>
      refused ? [`${kind}: only of ${namespaces.join(', ') || 'none'}`] : [],
    ),
  ];
  const reader = before ?? new LogReader({ cluster });
  reader.use(lineReader(log), directory);
  return { header, proxies, log, reader, notes };
}
