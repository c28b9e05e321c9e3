/** Asks the caller's Envoy whether it has what the rules say. */
import type { Cluster } from '../../cluster/cluster.ts';
import { askEnvoy } from '../../cluster/envoy.ts';
import { onTheWay } from '../on-the-way.ts';
import type { LiveAnswer } from './ask.ts';
import { servicesOf } from './caller.ts';
import { type ClusterDump, type Comparison, compareWithEnvoy, type RouteDump } from './compare.ts';
import type { LiveMesh } from './live-mesh.ts';
import type { IstioObject, Pod } from './resources.ts';
import { sightOf } from './sight.ts';

/** Undefined where no proxy decided; the reason where it cannot be asked. */
export async function compared(
  cluster: Cluster,
  mesh: LiveMesh,
  { caller, head, proxied }: LiveAnswer,
): Promise<Comparison | { refused: string } | undefined> {
  if (!caller.proxy || !proxied) return undefined;
  const names = proxied.explanation.destinations.map((way) => way.cluster);
  const wanted = names.map((name) => name.replaceAll(/[.|*+?^$()[\]{}\\]/g, '\\$&')).join('|');
  const { metadata } = caller.pod;
  const [routes, clusters] = await Promise.all([
    askEnvoy<RouteDump>(cluster, metadata, 'config_dump?resource=dynamic_route_configs'),
    askEnvoy<ClusterDump>(
      cluster,
      metadata,
      `config_dump?resource=dynamic_active_clusters&name_regex=${encodeURIComponent(`^(${wanted})$`)}`,
    ),
  ]);
  if ('refused' in routes) return routes;
  if ('refused' in clusters) return clusters;
  const { table, rules } = sightOf(mesh, caller.proxy);
  const changes = onTheWay(changesIn(mesh), rules, caller.proxy, proxied.explanation);
  return compareWithEnvoy(
    table,
    head,
    { routes, clusters, listening: portsBehind(mesh, caller.pod, head.port) },
    { clusters: names, changes: new Map(changes.map(({ name, time }) => [name, time])) },
  );
}

/** A gateway's routes are named by the port on which it listens, behind that of its Service. */
function portsBehind({ snapshot }: LiveMesh, pod: Pod, port: number): number[] {
  const own = new Set(servicesOf(snapshot, pod));
  const named = new Map(
    pod.spec.containers.flatMap(({ ports = [] }) =>
      ports.map(({ name, containerPort }) => [name, containerPort]),
    ),
  );
  return snapshot.services.items
    .filter(({ metadata }) => metadata.namespace === pod.metadata.namespace && own.has(metadata.name))
    .flatMap(({ spec: { ports = [] } }) => ports.filter((one) => one.port === port))
    .flatMap(({ targetPort = port }) =>
      typeof targetPort === 'number' ? targetPort : (named.get(targetPort) ?? []),
    );
}

/** When each rule was last changed. */
function changesIn({ snapshot }: LiveMesh) {
  const { virtualServices, destinationRules, gateways, serviceEntries, envoyFilters } = snapshot;
  const { apiGateways, httpRoutes, grpcRoutes } = snapshot;
  const kinds = [
    virtualServices,
    destinationRules,
    gateways,
    serviceEntries,
    envoyFilters,
    apiGateways,
    httpRoutes,
    grpcRoutes,
  ];
  return kinds.flatMap(({ items }) =>
    items.map((object) => {
      const { kind, metadata } = object;
      const name = `${kind} ${metadata.namespace}/${metadata.name}`;
      const about = { kind, namespace: metadata.namespace, name: metadata.name };
      return { object: about, place: { file: name, line: 0 }, name, time: lastChange(object) };
    }),
  );
}

function lastChange({ metadata }: IstioObject): string {
  const times = (metadata.managedFields ?? []).flatMap(({ time, subresource }) =>
    time && !subresource ? [time] : [],
  );
  return [metadata.creationTimestamp ?? '', ...times].sort().at(-1) ?? '';
}
