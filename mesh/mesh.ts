/**
 * The local mesh as one object: a gateway, a sidecar for each workload, and the rules that steer them.
 * It knows Istio rules and HTTP; which services run, and as which processes, is its caller's affair.
 */
import { isDeepStrictEqual } from 'node:util';
import { type FileWatch, watchFiles } from '../runtime/file-watch.ts';
import { isPaths, type Loaded, load, RulesError, type RuleTexts, read } from './loading.ts';
import { Directory } from './network/directory.ts';
import { handlePlain, openPlainTunnel } from './network/plain.ts';
import { fqdn, type Registry } from './network/registry.ts';
import type { MeshOptions, MeshStats, ReloadResult, Sidecar, Workload, WorkloadSidecar } from './options.ts';
import { type Listener, listen, type RequestHandler } from './proxy/listener.ts';
import type { IsProxy } from './proxy/loop.ts';
import { MeshProxy } from './proxy/proxy.ts';
import { openTunnel } from './proxy/tunnel.ts';
import { readdress } from './proxy/way-in.ts';
import type { ProxyIdentity } from './routing/decision.ts';
import { withWrittenServices } from './routing/gateway-api/services.ts';
import { gatewayLabels } from './routing/gateway-port.ts';
import type { OutboundTrafficPolicy } from './routing/sidecar-hosts.ts';
import { buildTable, type RouteTable, withEndpoints } from './routing/table.ts';
import type { RuleSet } from './rules/model.ts';
import { ruleFiles } from './rules/rule-files.ts';
import type { Source } from './rules/source.ts';

export type { MeshOptions, OutboundTrafficPolicy, ReloadResult, Sidecar, Workload, WorkloadSidecar };
export { RulesError };

const loopback = '127.0.0.1';

/**
 * Starts the gateway; sidecars follow, one for each call of `sidecar`.
 * @throws RulesError where the rules have problems; node's error where the gateway's port is taken.
 */
export function startMesh(options: MeshOptions): Promise<Mesh> {
  return Mesh.start(options);
}

export class Mesh {
  readonly gatewayIdentity: ProxyIdentity;
  #gateway: Listener | undefined;
  readonly #options: MeshOptions;
  readonly #random: () => number;
  readonly #directory: Directory;
  readonly #proxies = new Set<MeshProxy>();
  readonly #listeners = new Set<Listener>();
  #rules: RuleSet;
  /** What the files of the rules in force said. */
  #sources: readonly Source[] | undefined;
  /** The files say something else by now, which cannot be in force. */
  #areFilesWrong = false;
  #registry: Registry;
  #watch: FileWatch | undefined;
  /** Reloads run one after the other, so the last one called is the one in force. */
  #reloading: Promise<unknown> = Promise.resolve();
  #reloads = 0;
  #failedReloads = 0;
  #pastRequests = 0;

  private constructor(options: MeshOptions, { rules, sources }: Loaded) {
    this.#options = options;
    this.#rules = rules;
    this.#sources = sources;
    this.#random = options.random ?? Math.random;
    this.#registry = options.registry;
    this.#directory = new Directory(withWrittenServices(rules, options.registry));
    this.gatewayIdentity = {
      type: 'gateway',
      name: 'gateway',
      namespace: options.gateway?.namespace ?? 'istio-system',
      labels: options.gateway?.labels ?? gatewayLabels,
    };
  }

  /** See {@link startMesh}. */
  static async start(options: MeshOptions): Promise<Mesh> {
    const loaded = options.loaded
      ? ({ ok: true, ...options.loaded } as const)
      : load(options, await read(options));
    if (!loaded.ok) throw new RulesError(loaded.problems);
    const mesh = new Mesh(options, loaded);
    const { host = loopback, port = 0 } = options.gateway ?? {};
    mesh.#gateway = (await mesh.#startProxy(mesh.gatewayIdentity, host, port)).listener;
    const { rules, exceptFiles } = options;
    if (options.watch && isPaths(rules)) {
      mesh.#watch = await watchFiles(
        () => ruleFiles(rules, exceptFiles),
        () => void mesh.#reloadIfChanged(),
      );
    }
    return mesh;
  }

  get gateway(): { url: string; port: number } {
    const { host, port } = this.#gateway as Listener;
    // An address that means "all of them" is no address to call.
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    return { url: `http://${name.includes(':') ? `[${name}]` : name}:${port}`, port };
  }

  /** Starts a sidecar for this workload, on 127.0.0.1. */
  async sidecar({ name, namespace, labels, port = 0 }: Workload): Promise<WorkloadSidecar> {
    const identity = { type: 'sidecar', name, namespace, labels } as const;
    const { proxy, listener } = await this.#startProxy(identity, loopback, port);
    const ways: Listener[] = [];
    return {
      proxyUrl: `http://${loopback}:${listener.port}`,
      wayTo: async (authority) => {
        const request: RequestHandler['request'] = (req, res, upgrade) => {
          readdress(req, authority);
          proxy.handle(req, res, upgrade);
        };
        const http2: RequestHandler['http2'] = (req, res) => {
          readdress(req, authority);
          proxy.handle(req, res);
        };
        const { serverName } = proxy;
        const way = await listen({ request, http2, upgrades: true }, { host: loopback, port: 0, serverName });
        ways.push(way);
        this.#listeners.add(way);
        return `http://${loopback}:${way.port}`;
      },
      close: async () => {
        for (const way of ways) this.#listeners.delete(way);
        await Promise.all([listener, ...ways].map((one) => one.close(0)));
      },
    };
  }

  /**
   * A forward proxy with no rules, for a caller that has no sidecar: it knows the names of services as cluster
   * DNS does, from `namespace`, and takes their ready endpoints in turn as kube-proxy does.
   * @param port 0, the default: any free one
   */
  async plainClient(namespace: string, port = 0): Promise<Sidecar> {
    const resolve = (host: string, port: number) => this.#directory.resolve(host, port, namespace);
    const isProxy = this.#isProxyFrom(namespace);
    const handler: RequestHandler = {
      request: (req, res) => handlePlain(req, res, resolve, isProxy),
      connect: (req, socket) => openPlainTunnel(req, socket, resolve, isProxy),
      upgrades: false,
    };
    const listener = await listen(handler, { host: loopback, port, serverName: 'plain' });
    this.#listeners.add(listener);
    const close = async () => {
      this.#listeners.delete(listener);
      await listener.close(0);
    };
    return { proxyUrl: `http://${loopback}:${listener.port}`, close };
  }

  /** By the port, as any name may lead to this computer; a service of that port has endpoints of its own. */
  #isProxyFrom(namespace: string): IsProxy {
    return (host, port) =>
      [...this.#listeners].some((listener) => listener.port === port) &&
      !this.#directory.find(host, namespace);
  }

  async #startProxy(
    identity: ProxyIdentity,
    host: string,
    port: number,
  ): Promise<{ proxy: MeshProxy; listener: Listener }> {
    const { onAccessLog } = this.#options;
    const proxy = new MeshProxy({
      identity,
      table: this.table(identity),
      random: this.#random,
      onAccessLog,
      resolve: (to, toPort) =>
        this.#directory.resolve(to, toPort, identity.namespace) ?? { host: to, port: toPort },
      isProxy: this.#isProxyFrom(identity.namespace),
    });
    const { serverName } = proxy;
    const handler: RequestHandler = {
      request: (req, res, upgrade) => proxy.handle(req, res, upgrade),
      http2: (req, res) => proxy.handle(req, res),
      unreadable: (reply, socket) => proxy.unreadable(reply, socket),
      ...(identity.type === 'sidecar' && { connect: openTunnel }),
      upgrades: true,
    };
    const listener = await listen(handler, { host, port, serverName });
    this.#proxies.add(proxy);
    const running: Listener = {
      ...listener,
      close: async (graceMs) => {
        await listener.close(graceMs);
        this.#listeners.delete(running);
        if (this.#proxies.delete(proxy)) this.#pastRequests += proxy.requests;
        await proxy.upstreams.destroy();
      },
    };
    this.#listeners.add(running);
    return { proxy, listener: running };
  }

  /** Replaces what runs: services and endpoints come, go, move. In force for the next request. */
  setRegistry(registry: Registry): void {
    const sameServices = isDeepStrictEqual(services(registry), services(this.#registry));
    this.#registry = registry;
    this.#directory.use(withWrittenServices(this.#rules, registry));
    for (const proxy of this.#proxies) {
      proxy.use(sameServices ? withEndpoints(proxy.table, registry) : this.table(proxy.identity));
    }
  }

  /** @param service its FQDN. @throws where there is no such service or endpoint. */
  setReady(service: string, endpoint: string, ready: boolean): void {
    let found = false;
    const changed = this.#registry.services.map((candidate) => {
      if (fqdn(candidate) !== service) return candidate;
      const endpoints = candidate.endpoints.map((one) => {
        if (one.name !== endpoint) return one;
        found = true;
        return { ...one, ready };
      });
      return { ...candidate, endpoints };
    });
    if (!found) throw new Error(`no endpoint ${endpoint} of a service ${service} in the registry`);
    this.setRegistry({ services: changed });
  }

  /** Reads the rule files again and puts them in force, whole or not at all. */
  reload(): Promise<ReloadResult> {
    return this.#inTurn(async () => this.#put(await read(this.#options)));
  }

  /**
   * Puts in force what somebody has just written into some of the files, whole or not at all. The other files count as
   * they are in force: what is being written there is not read before its end.
   */
  use(written: readonly Source[]): Promise<ReloadResult> {
    return this.#inTurn(async () => {
      const now = (one: Source) => written.find(({ file }) => file === one.file) ?? one;
      return this.#put({ sources: (this.#sources ?? []).map(now), problems: [] });
    });
  }

  #reloadIfChanged(): Promise<void> {
    return this.#inTurn(async () => {
      const files = await read(this.#options);
      const isWrong = this.#areFilesWrong || (files?.problems.length ?? 0) > 0;
      if (isWrong || !isDeepStrictEqual(files?.sources, this.#sources)) this.#put(files);
    });
  }

  #inTurn<T>(reload: () => Promise<T>): Promise<T> {
    const reloaded = this.#reloading.then(reload);
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  /** In force whole, or not at all. */
  #put(files: RuleTexts | undefined): ReloadResult {
    const result = load(this.#options, files, this.#rules);
    this.#areFilesWrong = !result.ok;
    if (result.ok) {
      this.#sources = result.sources;
      this.#rules = result.rules;
      this.#directory.use(withWrittenServices(this.#rules, this.#registry));
      for (const proxy of this.#proxies) proxy.use(this.table(proxy.identity));
      this.#reloads++;
    } else {
      this.#failedReloads++;
    }
    this.#options.onReload?.(result);
    return result;
  }

  /** The rules in force. */
  rules(): RuleSet {
    return this.#rules;
  }

  /** What the files of the rules in force said; none where the rules were at hand. */
  sources(): readonly Source[] {
    return this.#sources ?? [];
  }

  /** What a proxy with this identity decides by, for explain: the rules in force as a routing table. */
  table(identity: ProxyIdentity): RouteTable {
    const { outboundTrafficPolicy = 'ALLOW_ANY' } = this.#options;
    return buildTable(this.#rules, this.#registry, identity, { outboundTrafficPolicy });
  }

  /** The endpoints that a proxy leaves alone for a while, as they failed too often (outlier detection). */
  ejections(): { proxy: string; address: string }[] {
    return [...this.#proxies].flatMap(({ identity, upstreams }) =>
      upstreams.ejected().map((address) => ({ proxy: identity.name, address })),
    );
  }

  stats(): MeshStats {
    let requests = this.#pastRequests;
    let active = 0;
    for (const proxy of this.#proxies) {
      requests += proxy.requests;
      active += proxy.active;
    }
    return { requests, active, reloads: this.#reloads, failedReloads: this.#failedReloads };
  }

  /** Stops listening, lets requests in flight end for `graceMs` (default 0), then cuts them off. */
  async close(graceMs = 0): Promise<void> {
    this.#watch?.close();
    await Promise.all([...this.#listeners].map((listener) => listener.close(graceMs)));
  }
}

/** All of a registry but who answers. */
function services({ services }: Registry): unknown {
  return services.map(({ name, namespace, ports }) => ({ name, namespace, ports }));
}
