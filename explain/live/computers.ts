/** Versions on a request's way that are somebody's computer (`coloring lane local`): whose, since when, and whether it is there. */
import { age } from '../../cluster/lane-list.ts';
import { localLaneOf } from '../../cluster/relay-job.ts';
import type { Endpoint } from '../../mesh/network/registry.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import type { Ending } from '../hop.ts';
import type { LiveRegistry } from './registry.ts';

interface Met {
  endpoint: Endpoint;
  /** The service's whole name. */
  host: string;
}

/**
 * A line for each, ready or not.
 * @param clusters those that the asked proxy knows; absent where there is no proxy
 */
export function computersOnTheWay(
  { pods }: LiveRegistry,
  endings: readonly Ending[],
  clusters: RouteTable['clusters'] = new Map(),
): string[] {
  const met = endings.flatMap(({ answerers, way }): Met[] => [
    ...answerers.flatMap((one) => (one.type === 'endpoint' ? [one] : [])),
    ...(way ? endpointsOf(clusters, way.decision.cluster) : []),
  ]);
  const lines = met.flatMap(({ endpoint, host }) => {
    const [, namespace] = host.split('.');
    const pod = pods.get(`${namespace}/${endpoint.name}`);
    const local = pod && localLaneOf(pod);
    if (!local) return [];
    const { app = host, version } = endpoint.labels;
    const since = age(Date.now() - local.since.getTime());
    const state = endpoint.ready ? 'ready' : 'not ready now';
    return [`${app} ${version} is the computer of ${local.by}, since ${since}: ${state}`];
  });
  return [...new Set(lines)];
}

/** All of a cluster, or of the members of an aggregate, whether they are ready or not. */
function endpointsOf(clusters: RouteTable['clusters'], name: string): Met[] {
  const cluster = clusters.get(name);
  switch (cluster?.type) {
    case 'aggregate':
      return cluster.members.flatMap((member) => endpointsOf(clusters, member));
    case 'endpoints':
      return cluster.endpoints.map((endpoint) => ({ endpoint, host: cluster.host }));
    default:
      return [];
  }
}
