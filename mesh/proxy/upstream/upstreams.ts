/** The clusters of one proxy at work. They outlive the table that they came with, for the sake of connections. */

import { isDeepStrictEqual } from 'node:util';
import type { Cluster, EndpointCluster, OutsideCluster } from '../../routing/decision.ts';
import type { RetryAtNext } from '../../rules/model.ts';
import type { Address } from '../address.ts';
import type { Resolve } from './host.ts';
import { Upstream } from './upstream.ts';

type Clusters = ReadonlyMap<string, Cluster>;

/** Outside hosts whose connections are kept, in ALLOW_ANY; the one used longest ago goes first. */
const passthroughLimit = 100;

export class Upstreams {
  readonly #random: () => number;
  readonly #resolve: Resolve;
  /** By name of the cluster; made when first used. */
  readonly #upstreams = new Map<string, Upstream>();
  /** Of clusters without an address of their own, by `host:port`. */
  readonly #passthrough = new Map<string, Upstream>();
  #clusters: Clusters = new Map();

  constructor(random: () => number, resolve: Resolve) {
    this.#random = random;
    this.#resolve = resolve;
  }

  /** Puts other clusters in force: what stays the same keeps its connections, its ejections and its counts. */
  use(clusters: Clusters): void {
    this.#clusters = clusters;
    for (const [name, upstream] of this.#upstreams) {
      const cluster = clusters.get(name);
      if (
        cluster &&
        cluster.type !== 'aggregate' &&
        (cluster.protocol ?? 'http1') === upstream.protocol &&
        isDeepStrictEqual(cluster.policy, upstream.policy)
      ) {
        assign(upstream, cluster);
      } else {
        this.#upstreams.delete(name);
        upstream.retire();
      }
    }
  }

  /**
   * The cluster of that name, ready to take a request; an aggregate stands for its first member with a healthy
   * endpoint, or the last one when there is none. Undefined: there is no such cluster (503 NC).
   * @param address where the request was going, for a cluster that leads just there.
   * @param passed members of an aggregate that were tried already: they come after the others.
   */
  get(name: string, address: Address | undefined, passed: readonly string[] = []): Upstream | undefined {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined) return undefined;
    if (cluster.type === 'aggregate') return this.#firstHealthy(cluster.members, address, passed);
    if (cluster.type === 'outside' && !cluster.address)
      return address && this.#passthroughTo(cluster, address);
    return this.#upstreams.get(name) ?? this.#start(cluster);
  }

  /** What an aggregate's next member is tried for; undefined where retries stay where they are. */
  retryAtNext(name: string): RetryAtNext | undefined {
    const cluster = this.#clusters.get(name);
    return cluster?.type === 'aggregate' ? cluster.retryAtNext : undefined;
  }

  /** Addresses that a cluster of this proxy has ejected. */
  ejected(): string[] {
    return [...this.#upstreams.values()].flatMap(({ ejected }) => ejected);
  }

  #firstHealthy(
    members: readonly string[],
    address: Address | undefined,
    passed: readonly string[],
  ): Upstream | undefined {
    let last: Upstream | undefined;
    for (const member of [...members.filter((name) => !passed.includes(name)), ...members]) {
      const upstream = this.get(member, address);
      if (upstream?.hasHealthy) return upstream;
      last = upstream ?? last;
    }
    return last;
  }

  #start(cluster: EndpointCluster | OutsideCluster): Upstream {
    const upstream = new Upstream(cluster.name, cluster.policy, this.#random, cluster.protocol);
    assign(upstream, cluster);
    this.#upstreams.set(cluster.name, upstream);
    return upstream;
  }

  #passthroughTo(cluster: OutsideCluster, address: Address): Upstream {
    const key = `${address.host}:${address.port}`;
    let upstream = this.#passthrough.get(key);
    if (upstream) {
      this.#passthrough.delete(key);
    } else {
      upstream = new Upstream(cluster.name, cluster.policy, this.#random, cluster.protocol);
      // As in Envoy: kept connections to a Service stay with the endpoint that they came to.
      upstream.setAddress(address, this.#resolve);
    }
    this.#passthrough.set(key, upstream); // last: used most recently
    for (const [oldest, old] of this.#passthrough) {
      if (this.#passthrough.size <= passthroughLimit) break;
      this.#passthrough.delete(oldest);
      old.retire();
    }
    return upstream;
  }

  /** Cuts all connections now. */
  async destroy(): Promise<void> {
    const all = [...this.#upstreams.values(), ...this.#passthrough.values()];
    await Promise.all(all.map((upstream) => upstream.destroy()));
  }
}

function assign(upstream: Upstream, cluster: EndpointCluster | OutsideCluster): void {
  if (cluster.type === 'endpoints') upstream.setEndpoints(cluster);
  else if (cluster.address) upstream.setAddress(cluster.address);
}
