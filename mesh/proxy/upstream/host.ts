/** One endpoint as one cluster of one proxy sees it: its connections, and how busy it is. */
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { ConnectionPool } from '../../rules/model.ts';
import type { Address } from '../address.ts';
import { timerMs } from '../timer.ts';
import type { BalancedHost } from './balance/balancer.ts';
import { Http2Pool } from './http2-pool.ts';
import type { UpstreamRequest } from './http2-try.ts';

/** Istio's defaults: connectTimeout of the mesh config, idle_timeout of Envoy. */
const defaultConnectTimeoutMs = 10_000;
const defaultIdleTimeoutMs = 3_600_000;

/** Envoy's bound for the head of an upstream's answer. */
const maxResponseHeadBytes = 80 * 1024;

/** Where a new connection to a host and port leads: cluster DNS and kube-proxy. */
export type Resolve = (host: string, port: number) => Address;

/** The versions of HTTP that are spoken to endpoints. */
export type HttpVersion = 1 | 2;

export class Host implements BalancedHost {
  readonly at: Address;
  /** `address:port`. */
  readonly address: string;
  /** Name in the registry, where the endpoint comes from there. */
  readonly endpoint: string | undefined;
  active = 0;
  readonly #settings: ConnectionPool;
  readonly #resolve: Resolve | undefined;
  readonly #pools = new Map<HttpVersion, Pool | Http2Pool>();
  #retired = false;

  /** @param resolve asked for each connection, where the address is not that of an endpoint */
  constructor(at: Address, endpoint: string | undefined, settings: ConnectionPool, resolve?: Resolve) {
    this.at = at;
    this.address = hostPort(at.host, at.port);
    this.endpoint = endpoint;
    this.#settings = settings;
    this.#resolve = resolve;
  }

  /** Sends a request; connections are opened anew where they were closed and a retry still comes here. */
  dispatch(version: HttpVersion, request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    let pool = this.#pools.get(version);
    if (!pool) {
      const open = version === 1 ? openPool : openHttp2Pool;
      pool = open(this.address, this.#settings, this.#resolve);
      this.#pools.set(version, pool);
    }
    pool.dispatch(request, handler);
  }

  /** Whether a connection of this version stands ready and has room. */
  isIdle(version: HttpVersion): boolean {
    const pool = this.#pools.get(version);
    return pool !== undefined && pool.stats.free > 0;
  }

  enter(): void {
    this.active++;
  }

  leave(): void {
    this.active--;
    if (this.#retired && this.active === 0) this.#close();
  }

  /** The endpoint is gone: requests under way end in peace, then the connections close. */
  retire(): void {
    this.#retired = true;
    if (this.active === 0) this.#close();
  }

  /** Cuts all connections now. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #close(): void {
    for (const pool of this.#pools.values()) void pool.close();
    this.#pools.clear();
  }
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

function openPool(address: string, settings: ConnectionPool, resolve: Resolve | undefined): Pool {
  const idleTimeout = timerMs(settings.idleTimeoutMs ?? defaultIdleTimeoutMs);
  const { maxRequestsPerConnection: maxRequests } = settings;
  return new Pool(`http://${address}`, {
    connections: settings.maxConnections || null,
    // 0 closes the connection after each request, 1 keeps it.
    pipelining: maxRequests === 1 ? 0 : 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector(timerMs(settings.connectTimeoutMs ?? defaultConnectTimeoutMs), resolve),
    keepAliveTimeout: idleTimeout,
    keepAliveMaxTimeout: idleTimeout,
    // Envoy does not read the upstream's `Keep-Alive: timeout=5`: with this margin undici's bound is always ours.
    keepAliveTimeoutThreshold: -idleTimeout,
    maxHeaderSize: maxResponseHeadBytes,
    // undici's count begins at 0: it sends one more than it is told.
    ...(maxRequests && maxRequests > 1 ? { maxRequestsPerClient: maxRequests - 1 } : {}),
  });
}

function openHttp2Pool(address: string, settings: ConnectionPool, resolve: Resolve | undefined): Http2Pool {
  return new Http2Pool({
    address,
    connect: connector(timerMs(settings.connectTimeoutMs ?? defaultConnectTimeoutMs), resolve),
    idleTimeoutMs: timerMs(settings.idleTimeoutMs ?? defaultIdleTimeoutMs),
    maxRequestsPerConnection: settings.maxRequestsPerConnection,
  });
}

function connector(timeout: number, resolve: Resolve | undefined): buildConnector.connector {
  const connect = buildConnector({ timeout });
  if (!resolve) return connect;
  return (options, callback) => {
    const { host, port } = resolve(options.hostname, Number(options.port || 80));
    connect({ ...options, host, hostname: host, port: String(port) }, callback);
  };
}
