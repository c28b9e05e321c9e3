/** Who answers for a cluster of a proxy: endpoints that are ready, a host outside, or nobody. */
import type { Endpoint } from '../mesh/network/registry.ts';
import type { EndpointCluster, OutsideCluster } from '../mesh/routing/decision.ts';
import type { RouteTable } from '../mesh/routing/table.ts';

/** One that may answer. */
export type Answerer =
  | { type: 'endpoint'; endpoint: Endpoint /** The service's whole name. */; host: string }
  /** Resolved by DNS when the request is made. */
  | { type: 'outside'; address: string };

export interface Serving {
  /** Several where the load balancer chooses; none where the proxy answers 503. */
  answerers: readonly Answerer[];
  /** The clusters that were looked at, in order; the last one serves. Several of an aggregate, none where there is none. */
  looked: readonly string[];
  /** What the serving cluster is; absent where there is none of that name (NC). */
  cluster?: EndpointCluster | OutsideCluster;
}

/**
 * What `mesh/proxy/upstream` does with a cluster's name, if no proxy has ejected an endpoint: an aggregate stands for
 * its first member with somebody ready, or for the last one that exists.
 * @param address where the client's connection was meant to go
 */
export function servingOf(table: RouteTable, name: string, address: string): Serving {
  const cluster = table.clusters.get(name);
  switch (cluster?.type) {
    case undefined:
      return { answerers: [], looked: [] };
    case 'outside': {
      const to = cluster.address ? `${cluster.address.host}:${cluster.address.port}` : address;
      return { answerers: [{ type: 'outside', address: to }], looked: [name], cluster };
    }
    case 'endpoints': {
      const ready = cluster.endpoints.filter((endpoint) => endpoint.ready);
      const answerers = ready.map((endpoint) => ({
        type: 'endpoint' as const,
        endpoint,
        host: cluster.host,
      }));
      return { answerers, looked: [name], cluster };
    }
    case 'aggregate': {
      const looked: string[] = [];
      let last: Serving | undefined;
      for (const member of cluster.members) {
        const serving = servingOf(table, member, address);
        looked.push(member);
        if (serving.cluster) last = serving;
        if (serving.answerers.length > 0) break;
      }
      return { ...(last ?? { answerers: [] }), looked };
    }
  }
}
