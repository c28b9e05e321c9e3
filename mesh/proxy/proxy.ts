/** One proxy: who it is, the table it decides by, and its clusters. What the listener hands it, it answers. */

import type { Socket } from 'node:net';
import type { ProxyIdentity } from '../routing/decision.ts';
import { gatewayPortOf } from '../routing/gateway-port.ts';
import type { RouteTable } from '../routing/table.ts';
import type { AccessLogEntry } from './access-log.ts';
import type { ClientRequest, ClientResponse } from './client.ts';
import { Exchange, type ProxySide } from './exchange.ts';
import type { LocalReply } from './local-reply.ts';
import type { IsProxy } from './loop.ts';
import { unreadableEntry } from './parse-error.ts';
import type { Resolve } from './upstream/host.ts';
import { Upstreams } from './upstream/upstreams.ts';

export interface ProxyOptions {
  identity: ProxyIdentity;
  table: RouteTable;
  random: () => number;
  onAccessLog?: ((entry: AccessLogEntry) => void) | undefined;
  /** Where a connection to this host and port leads when no rule has a say: cluster DNS and kube-proxy. */
  resolve: Resolve;
  isProxy: IsProxy;
}

export class MeshProxy implements ProxySide {
  readonly identity: ProxyIdentity;
  readonly random: () => number;
  readonly upstreams: Upstreams;
  readonly isProxy: IsProxy;
  /** Envoy's name for itself; Istio renames it, but not in outbound sidecars (pilot: networking/util/proxy_headers). */
  readonly serverName: string;
  requests = 0;
  active = 0;
  readonly #onAccessLog: ProxyOptions['onAccessLog'];
  #table: RouteTable;
  #gatewayPort: number;

  constructor({ identity, table, random, onAccessLog, resolve, isProxy }: ProxyOptions) {
    this.identity = identity;
    this.random = random;
    this.#onAccessLog = onAccessLog;
    this.isProxy = isProxy;
    this.serverName = identity.type === 'gateway' ? 'istio-envoy' : 'envoy';
    this.upstreams = new Upstreams(random, resolve);
    this.#table = table;
    this.#gatewayPort = gatewayPortOf(table.ports.keys());
    this.upstreams.use(table.clusters);
  }

  get table(): RouteTable {
    return this.#table;
  }

  /** The port of a Gateway's server that this one listener stands for, whatever port it really has. */
  get gatewayPort(): number {
    return this.#gatewayPort;
  }

  /** Puts another table in force for requests from now on. */
  use(table: RouteTable): void {
    this.#table = table;
    this.#gatewayPort = gatewayPortOf(table.ports.keys());
    this.upstreams.use(table.clusters);
  }

  /** @param upgrade as {@link RequestHandler.request} has it. */
  handle(req: ClientRequest, res: ClientResponse, upgrade = false): void {
    this.requests++;
    this.active++;
    new Exchange(this, req, res, upgrade).start();
  }

  /** As {@link RequestHandler.unreadable} has it. */
  unreadable(reply: LocalReply, socket: Socket): void {
    this.#onAccessLog?.(unreadableEntry(this.identity.name, reply, socket));
  }

  ended(toEntry: () => AccessLogEntry): void {
    this.active--;
    this.#onAccessLog?.(toEntry());
  }
}
