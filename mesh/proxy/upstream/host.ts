/** One endpoint as one cluster of one proxy sees it: its connections, and how busy it is. */
import { buildConnector, Pool } from 'undici';
import type { ConnectionPool } from '../../rules/model.ts';
import type { Address } from '../address.ts';
import { timerMs } from '../timer.ts';
import type { Target } from './balance/balancer.ts';

/** Istio's defaults: connectTimeout of the mesh config, idle_timeout of Envoy. */
const defaultConnectTimeoutMs = 10_000;
const defaultIdleTimeoutMs = 3_600_000;

/** Envoy's bound for the head of an upstream's answer. */
const maxResponseHeadBytes = 80 * 1024;

/** Where a new connection to a host and port leads: cluster DNS and kube-proxy. */
export type Resolve = (host: string, port: number) => Address;

export class Host implements Target {
  readonly at: Address;
  /** `address:port`. */
  readonly address: string;
  /** Name in the registry, where the endpoint comes from there. */
  readonly endpoint: string | undefined;
  active = 0;
  readonly #settings: ConnectionPool;
  readonly #resolve: Resolve | undefined;
  #pool: Pool | undefined;
  #retired = false;

  /** @param resolve asked for each connection, where the address is not that of an endpoint */
  constructor(at: Address, endpoint: string | undefined, settings: ConnectionPool, resolve?: Resolve) {
    this.at = at;
    this.address = hostPort(at.host, at.port);
    this.endpoint = endpoint;
    this.#settings = settings;
    this.#resolve = resolve;
  }

  /** Its connections; opened anew where they were closed and a retry still comes here. */
  get pool(): Pool {
    this.#pool ??= openPool(this.address, this.#settings, this.#resolve);
    return this.#pool;
  }

  /** Whether a connection stands ready and unused. */
  get idle(): boolean {
    return this.#pool !== undefined && this.#pool.stats.free > 0;
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
  destroy(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    return pool ? pool.destroy() : Promise.resolve();
  }

  #close(): void {
    void this.#pool?.close();
    this.#pool = undefined;
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

function connector(timeout: number, resolve: Resolve | undefined): buildConnector.connector {
  const connect = buildConnector({ timeout });
  if (!resolve) return connect;
  return (options, callback) => {
    const { host, port } = resolve(options.hostname, Number(options.port || 80));
    connect({ ...options, host, hostname: host, port: String(port) }, callback);
  };
}
