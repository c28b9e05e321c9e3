/** A cluster at work: its endpoints, who of them is healthy, and which one takes the next request. */
import type { EndpointCluster, UpstreamProtocol } from '../../routing/decision.ts';
import type { ConnectionPool, TrafficPolicy } from '../../rules/model.ts';
import type { Address } from '../address.ts';
import { timerMs } from '../timer.ts';
import type { Balancer } from './balance/balancer.ts';
import { createBalancer } from './balance/create-balancer.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { Host, type HttpVersion, hostPort, type Resolve } from './host.ts';
import { OutlierDetector } from './outlier.ts';

/** Tries to find a host that a retry has not been to yet, as in Istio's retry policy. */
const hostSelectionAttempts = 5;

/** Envoy's default overprovisioning factor: with 10 of 14 healthy, a cluster still counts as wholly available. */
const overprovisioning = 1.4;

/**
 * Envoy's default update_merge_window: within so much time of one change, changes of health wait for as long again
 * and take effect together. So the second endpoint that is ejected goes on serving for a second.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto#config-cluster-v3-cluster-commonlbconfig
 */
const mergeWindowMs = 1_000;

export class Upstream {
  readonly name: string;
  readonly policy: TrafficPolicy;
  readonly protocol: UpstreamProtocol;
  /** Only where the policy sets limits. */
  readonly breaker: CircuitBreaker | undefined;
  readonly #balance: Balancer;
  readonly #outliers: OutlierDetector<string> | undefined;
  #hosts = new Map<string, Host>();
  /** Those that may be picked. Replaced, never changed in place: balancers keep what they worked out for it. */
  #candidates: readonly Host[] = [];
  #healthy = 0;
  /** When the candidates were chosen last; the first time counts for no change. */
  #chosenAt: number | undefined;
  #merging: NodeJS.Timeout | undefined;
  #sweeping: NodeJS.Timeout | undefined;

  constructor(
    name: string,
    policy: TrafficPolicy,
    random: () => number,
    protocol: UpstreamProtocol = 'http1',
  ) {
    this.name = name;
    this.policy = policy;
    this.protocol = protocol;
    const { connectionPool = {} } = policy;
    // One connection of HTTP/2 takes many requests: how many connections there may be holds none of them up.
    const limits = protocol === 'http2' ? { ...connectionPool, maxConnections: undefined } : connectionPool;
    this.breaker = hasLimits(limits) ? new CircuitBreaker(limits) : undefined;
    this.#balance = createBalancer(policy.loadBalancer, random);
    this.#outliers = policy.outlierDetection
      ? new OutlierDetector(policy.outlierDetection, () => performance.now())
      : undefined;
  }

  /** The version of HTTP that its endpoints are spoken to in. @param client that of the request */
  versionFor(client: string): HttpVersion {
    if (this.protocol === 'client') return client === '2' ? 2 : 1;
    return this.protocol === 'http2' ? 2 : 1;
  }

  /** Takes over the ready endpoints of a cluster; those that were there before keep their connections. */
  setEndpoints(cluster: EndpointCluster): void {
    const hosts = new Map<string, Host>();
    for (const endpoint of cluster.endpoints) {
      if (!endpoint.ready) continue;
      const address = hostPort(endpoint.address, endpoint.port);
      hosts.set(
        address,
        this.#hosts.get(address) ??
          this.#host({ host: endpoint.address, port: endpoint.port }, endpoint.name),
      );
    }
    this.#replace(hosts);
  }

  /** Takes over an outside cluster's one address. @param resolve where each connection to it leads, if not just there */
  setAddress(at: Address, resolve?: Resolve): void {
    const address = hostPort(at.host, at.port);
    this.#replace(new Map([[address, this.#hosts.get(address) ?? this.#host(at, undefined, resolve)]]));
  }

  #host(at: Address, endpoint: string | undefined, resolve?: Resolve): Host {
    return new Host(at, endpoint, this.policy.connectionPool ?? {}, resolve);
  }

  #replace(hosts: Map<string, Host>): void {
    const gone = [...this.#hosts].filter(([address, host]) => hosts.get(address) !== host);
    for (const [, host] of gone) host.retire();
    const isSame = gone.length === 0 && hosts.size === this.#hosts.size && this.#chosenAt !== undefined;
    this.#hosts = hosts;
    this.#outliers?.retain(hosts.keys());
    if (!isSame) this.#choose(this.#chosenAt === undefined ? Number.NEGATIVE_INFINITY : performance.now());
  }

  /** An endpoint was ejected or came back. */
  #mergeHealth(): void {
    const now = performance.now();
    if (now - (this.#chosenAt ?? now) > mergeWindowMs) this.#choose(now);
    else this.#merging ??= setTimeout(() => this.#choose(performance.now()), mergeWindowMs).unref();
  }

  /**
   * Healthy ones; all of them in Envoy's panic mode: fewer than minHealthPercent are healthy, and so few that the
   * cluster no longer counts as wholly available.
   * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold
   */
  #choose(now: number): void {
    clearTimeout(this.#merging);
    this.#merging = undefined;
    this.#chosenAt = now;
    const all = [...this.#hosts.values()];
    const outliers = this.#outliers;
    const healthy = outliers ? all.filter(({ address }) => !outliers.isEjected(address)) : all;
    this.#healthy = healthy.length;
    const floor = this.policy.outlierDetection?.minHealthPercent ?? 0;
    const isAvailable = overprovisioning * healthy.length >= all.length;
    const panic = !isAvailable && (100 * healthy.length) / all.length < floor;
    this.#candidates = panic ? all : healthy;
  }

  /** Addresses of the endpoints that get nothing for a while, as they failed too often. */
  get ejected(): string[] {
    return [...this.#hosts.keys()].filter((address) => this.#outliers?.isEjected(address));
  }

  /** Whether an aggregate cluster may stop here. */
  get hasHealthy(): boolean {
    return this.#healthy > 0;
  }

  /**
   * The endpoint for one try, or undefined when there is none (503 UH).
   * @param hash for consistentHash.
   * @param tried hosts that a retry avoids while others are there.
   */
  pick(hash: number | undefined, tried: readonly Host[]): Host | undefined {
    if (this.#candidates.length === 0) return undefined;
    let host = this.#balance(this.#candidates, hash, 0);
    for (let attempt = 1; attempt <= hostSelectionAttempts && tried.includes(host); attempt++) {
      host = this.#balance(this.#candidates, hash, attempt);
    }
    return host;
  }

  /** Notes how a host answered, for outlier detection; 503 for no connection, 504 for too late. */
  report(host: Host, status: number): void {
    if (this.#outliers?.report(host.address, status)) {
      this.#mergeHealth();
      this.#sweepLater();
    }
  }

  #sweepLater(): void {
    const { intervalMs } = this.policy.outlierDetection ?? { intervalMs: 0 };
    this.#sweeping ??= setInterval(() => {
      if (this.#outliers?.sweep()) this.#mergeHealth();
      if (this.#outliers?.busy) return;
      clearInterval(this.#sweeping);
      this.#sweeping = undefined;
    }, timerMs(intervalMs)).unref();
  }

  /** The cluster is gone or has another policy: no new requests come, those under way end in peace. */
  retire(): void {
    this.#stopTimers();
    for (const host of this.#hosts.values()) host.retire();
  }

  #stopTimers(): void {
    clearInterval(this.#sweeping);
    clearTimeout(this.#merging);
  }

  /** Cuts all connections now. */
  async destroy(): Promise<void> {
    this.#stopTimers();
    await Promise.all([...this.#hosts.values()].map((host) => host.destroy()));
  }
}

function hasLimits(pool: ConnectionPool): boolean {
  return !!(pool.maxConnections || pool.http1MaxPendingRequests || pool.http2MaxRequests || pool.maxRetries);
}
