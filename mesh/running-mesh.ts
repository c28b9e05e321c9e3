/** The mesh at work: its proxies, and what they share. */
import { isDeepStrictEqual } from 'node:util';
import { type FileWatch, watchFiles } from '../runtime/file-watch.ts';
import type {
  Mesh,
  MeshOptions,
  MeshStats,
  ReloadResult,
  Sidecar,
  Workload,
  WorkloadSidecar,
} from './mesh.ts';
import { Directory } from './network/directory.ts';
import { handlePlain, openPlainTunnel } from './network/plain.ts';
import { fqdn, type Registry } from './network/registry.ts';
import { type Listener, listen, type RequestHandler } from './proxy/listener.ts';
import type { IsProxy } from './proxy/loop.ts';
import { MeshProxy } from './proxy/proxy.ts';
import { openTunnel } from './proxy/tunnel.ts';
import { readdress } from './proxy/way-in.ts';
import type { ProxyIdentity } from './routing/decision.ts';
import { gatewayLabels } from './routing/gateway-port.ts';
import { buildTable, type RouteTable, withEndpoints } from './routing/table.ts';
import { formatProblem, isEmpty, parseRules } from './rules/load.ts';
import type { RuleSet } from './rules/model.ts';
import { type RulePaths, readRuleFiles, ruleFiles } from './rules/rule-files.ts';
import type { Source } from './rules/source.ts';

/** The rules could not be loaded at the start. */
export class RulesError extends Error {
  /** A line each: file, line, field, what was expected. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'RulesError';
    this.problems = problems;
  }
}

const loopback = '127.0.0.1';

export class RunningMesh implements Mesh {
  readonly gatewayIdentity: ProxyIdentity;
  #gateway: Listener | undefined;
  readonly #options: MeshOptions;
  readonly #random: () => number;
  readonly #directory: Directory;
  readonly #proxies = new Set<MeshProxy>();
  readonly #listeners = new Set<Listener>();
  #rules: RuleSet;
  /** What the files of the rules in force said; undefined where files say something else by now. */
  #sources: readonly Source[] | undefined;
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
    this.#directory = new Directory(options.registry);
    this.gatewayIdentity = {
      type: 'gateway',
      name: 'gateway',
      namespace: options.gateway?.namespace ?? 'istio-system',
      labels: options.gateway?.labels ?? gatewayLabels,
    };
  }

  static async start(options: MeshOptions): Promise<RunningMesh> {
    const loaded = load(options, await read(options));
    if (!loaded.ok) throw new RulesError(loaded.problems);
    const mesh = new RunningMesh(options, loaded);
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
        const { serverName } = proxy;
        const way = await listen({ request, upgrades: true }, { host: loopback, port: 0, serverName });
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
      this.#listeners.values().some((listener) => listener.port === port) &&
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

  setRegistry(registry: Registry): void {
    const sameServices = isDeepStrictEqual(services(registry), services(this.#registry));
    this.#registry = registry;
    this.#directory.use(registry);
    for (const proxy of this.#proxies) {
      proxy.use(sameServices ? withEndpoints(proxy.table, registry) : this.table(proxy.identity));
    }
  }

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

  reload(): Promise<ReloadResult> {
    return this.#inTurn(async () => this.#put(await read(this.#options)));
  }

  #reloadIfChanged(): Promise<void> {
    return this.#inTurn(async () => {
      const files = await read(this.#options);
      if (files?.problems.length || !isDeepStrictEqual(files?.sources, this.#sources)) this.#put(files);
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
    this.#sources = result.ok ? result.sources : undefined;
    if (result.ok) {
      this.#rules = result.rules;
      for (const proxy of this.#proxies) proxy.use(this.table(proxy.identity));
      this.#reloads++;
    } else {
      this.#failedReloads++;
    }
    this.#options.onReload?.(result);
    return result;
  }

  rules(): RuleSet {
    return this.#rules;
  }

  table(identity: ProxyIdentity): RouteTable {
    const { outboundTrafficPolicy = 'ALLOW_ANY' } = this.#options;
    return buildTable(this.#rules, this.#registry, identity, { outboundTrafficPolicy });
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

  async close(graceMs = 0): Promise<void> {
    this.#watch?.close();
    await Promise.all([...this.#listeners].map((listener) => listener.close(graceMs)));
  }
}

/** All of a registry but who answers. */
function services({ services }: Registry): unknown {
  return services.map(({ name, namespace, ports }) => ({ name, namespace, ports }));
}

function isPaths(rules: MeshOptions['rules']): rules is RulePaths {
  return typeof rules === 'string' || Array.isArray(rules);
}

type RuleTexts = Awaited<ReturnType<typeof readRuleFiles>>;
type Loaded = Extract<ReloadResult, { ok: true }> & { sources?: readonly Source[] };

/** What the files of the rules say; undefined where the rules are at hand. */
async function read({ rules, exceptFiles }: MeshOptions): Promise<RuleTexts | undefined> {
  return isPaths(rules) ? readRuleFiles(rules, exceptFiles) : undefined;
}

/** @param inForce what a mistake would put an end to */
function load(
  { rules, defaultNamespace }: MeshOptions,
  files: RuleTexts | undefined,
  inForce?: RuleSet,
): Loaded | Extract<ReloadResult, { ok: false }> {
  if (!isPaths(rules)) return { ok: true, rules };
  const { sources = [], problems = [] } = files ?? {};
  const result = parseRules(sources, defaultNamespace === undefined ? {} : { defaultNamespace });
  const all = [...problems, ...(result.ok ? [] : result.problems)].map(formatProblem);
  if (all.length > 0 || !result.ok) return { ok: false, problems: all };
  // A folder that is on its way from one branch to another, or an editor's empty file.
  if (isEmpty(result.rules) && inForce && !isEmpty(inForce)) {
    return { ok: false, problems: [`${[rules].flat().join(', ')}: there is no Istio rule any more`] };
  }
  return { ok: true, rules: result.rules, sources };
}
