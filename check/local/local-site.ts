/** A scene that is up on the local mesh: what is sent, looked at and changed while it is. */
import { writeFile } from 'node:fs/promises';
import { type Mesh, type MeshOptions, type Sidecar, startMesh } from '../../mesh/mesh.ts';
import { printProxyConfig } from '../../mesh/proxy-config.ts';
import { parseRules } from '../../mesh/rules/load.ts';
import { formatProblem } from '../../mesh/rules/problem.ts';
import { outcomeOf } from '../access-logs.ts';
import { type Reply, type RequestBatch, send } from '../agent/agent.ts';
import type { Arrival, Echo } from '../agent/echo.ts';
import { type Outgoing, RulesRefused, type Site } from '../engine.ts';
import type { Caller, LookStep, ProxyTable } from '../format.ts';
import type { Scene } from '../scene.ts';
import { type Outside, SceneState } from '../scene-state.ts';
import { toYaml } from '../world.ts';
import { Fronts } from './nginx.ts';
import { PairUpstream, type Programs } from './pair.ts';
import { address, EchoUpstream, type Upstream } from './upstream.ts';

export interface LocalOptions {
  /** Scenes at the same time. */
  capacity?: number;
  /** Runs the kit's services, for scenes where they answer. */
  programs?: Programs;
  /** Where the mesh and its callers listen, for people to reach them; any free port where it says nothing. */
  ports?: LocalPorts;
  /** Keeps the rules in this file, one scene at a time; where `ports` are for people, a change in it takes effect. */
  ruleFile?: string;
  onAccessLog?: NonNullable<MeshOptions['onAccessLog']>;
  /** After each change of the rule file. */
  onReload?: NonNullable<MeshOptions['onReload']>;
}

/** `nginx`: the first of the fronts; the others count up from it. */
type LocalPorts = Readonly<Partial<Record<Exclude<Caller, 'node'>, number>>>;

/** What a site is made with. */
interface SiteParts extends LocalOptions {
  echo: Echo;
  outside: Outside;
  ruleFile: string;
}

/** What it has while it is up. `flags` and `outcomes` fill as requests end. */
interface SiteState {
  mesh: Mesh;
  state: SceneState;
  upstream: Upstream;
  parts: SiteParts;
  flags: string[];
  outcomes: Record<string, string[]>;
}

export class LocalSite implements Site {
  readonly #mesh: Mesh;
  readonly #state: SceneState;
  readonly #upstream: Upstream;
  readonly #parts: SiteParts;
  readonly #proxies = new Map<Caller, Promise<Sidecar>>();
  readonly #fronts: Fronts;
  readonly #flags: string[];
  readonly #outcomes: Record<string, string[]>;

  private constructor({ mesh, state, upstream, parts, flags, outcomes }: SiteState) {
    this.#mesh = mesh;
    this.#state = state;
    this.#upstream = upstream;
    this.#parts = parts;
    this.#flags = flags;
    this.#outcomes = outcomes;
    this.#fronts = new Fronts(
      {
        gateway: { host: address, port: mesh.gateway.port },
        plain: () => this.#proxy('no-sidecar'),
        sidecar: () => this.#proxy('client'),
      },
      parts.ports?.nginx,
    );
  }

  static async open(scene: Scene, parts: SiteParts): Promise<LocalSite | RulesRefused> {
    const { echo, outside, ruleFile, programs, ports } = parts;
    const { namespace } = scene.world;
    const state = new SceneState(scene, outside);
    const written = parseRules(
      [{ file: scene.rulesFile ?? scene.file, text: state.withOutside(scene.rules) }],
      {
        defaultNamespace: namespace,
      },
    );
    if (!written.ok) return new RulesRefused(written.problems.map(formatProblem));
    await writeFile(ruleFile, toYaml(state.rules()));
    const flags: string[] = [];
    const outcomes: Record<string, string[]> = {};
    const upstream = scene.upstream === 'pair' ? new PairUpstream(programs, scene) : new EchoUpstream(echo);
    const mesh = await startMesh({
      rules: ruleFile,
      defaultNamespace: namespace,
      registry: await upstream.registry(state),
      outboundTrafficPolicy: scene.outbound,
      gateway: { port: ports?.gateway ?? 0 },
      watch: ports !== undefined,
      ...(parts.onReload && { onReload: parts.onReload }),
      onAccessLog: (entry) => {
        flags.push(...entry.flags);
        const { proxy, status } = entry;
        outcomes[proxy] ??= [];
        outcomes[proxy].push(outcomeOf(status, entry.flags));
        parts.onAccessLog?.(entry);
      },
    });
    const site = new LocalSite({ mesh, state, upstream, parts, flags, outcomes });
    try {
      await upstream.attach(mesh);
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  async send(from: Caller, requests: readonly Outgoing[]): Promise<Reply[][]> {
    const batches = await Promise.all(requests.map((request) => this.#batch(from, request)));
    return this.#back(await send(batches));
  }

  async takeCalls(ids: readonly string[]): Promise<Record<string, Arrival[]>> {
    return this.#back(this.#parts.echo.takeCalls(ids));
  }

  async counts(): Promise<Record<string, number> | undefined> {
    return this.#upstream.counts?.();
  }

  async metrics(): Promise<string[]> {
    const { services } = await this.#upstream.registry(this.#state);
    return services.flatMap(({ endpoints }) =>
      endpoints.map(({ address, port }) => `http://${address}:${port}/metrics`),
    );
  }

  async watchFlags(): Promise<() => Promise<string[]>> {
    const before = this.#flags.length;
    return async () => this.#flags.slice(before);
  }

  async outcomes(): Promise<Record<string, string[]>> {
    return this.#outcomes;
  }

  /** Opens every caller, and these fronts, for people. @returns where each listens */
  async openAll(fronts: readonly string[]): Promise<{ caller: string; url: string }[]> {
    const callers = ['client', 'other-namespace', 'no-sidecar'] as const;
    const inside = await Promise.all(
      callers.map(async (caller) => ({ caller, url: (await this.#proxy(caller)).proxyUrl })),
    );
    const before = await Promise.all(
      fronts.map(async (front) => ({
        caller: 'nginx',
        url: `http://${address}:${await this.#fronts.port(front)}`,
      })),
    );
    const { outside } = this.#parts;
    const beyond = { caller: 'outside', url: `http://${outside.address}:${outside.port}` };
    return [{ caller: 'gateway', url: this.#mesh.gateway.url }, ...inside, ...before, beyond];
  }

  async look(at: LookStep['look']['at'], table: ProxyTable): Promise<string | undefined> {
    if (table === 'iptables') return undefined; // HTTP_PROXY stands in for them.
    const { namespace } = this.#state.world;
    const identity =
      at === 'gateway'
        ? this.#mesh.gatewayIdentity
        : { type: 'sidecar' as const, ...clientIn(at === 'client' ? namespace : 'elsewhere') };
    return printProxyConfig(this.#mesh.table(identity), table);
  }

  async apply(rules: string): Promise<void> {
    this.#state.apply(rules);
    await this.#reload();
  }

  async delete(names: readonly string[]): Promise<void> {
    this.#state.delete(names);
    await this.#reload();
  }

  async scale(replicas: Readonly<Record<string, number>>): Promise<void> {
    this.#state.scale(replicas);
    this.#mesh.setRegistry(await this.#upstream.registry(this.#state));
  }

  async close(): Promise<void> {
    await this.#fronts.close();
    await Promise.all([...this.#proxies.values()].map(async (proxy) => (await proxy).close()));
    await this.#mesh.close();
    await this.#upstream.close();
  }

  async #reload(): Promise<void> {
    await writeFile(this.#parts.ruleFile, toYaml(this.#state.rules()));
    await this.reload();
  }

  async reload(): Promise<void> {
    const result = await this.#mesh.reload();
    if (!result.ok) throw new RulesRefused(result.problems);
  }

  async #batch(
    from: Caller,
    { authority, path, port, headers, nginx, ...rest }: Outgoing,
  ): Promise<RequestBatch> {
    if (rest.tls) throw new Error('the local mesh speaks no TLS: such a step needs `only: cluster`');
    const host = this.#state.withOutside(authority);
    const common = { ...rest, address, headers: [['host', host] as const, ...headers] };
    if (from === 'gateway') return { ...common, port: this.#mesh.gateway.port, target: path };
    if (from === 'nginx') return { ...common, port: await this.#fronts.port(nginx ?? ''), target: path };
    const proxy = new URL((await this.#proxy(from)).proxyUrl);
    const addressed = `${host.replace(/:\d+$/, '')}:${/:(\d+)$/.exec(host)?.[1] ?? port}`;
    // HTTP/2 has no form of a request for proxies; it goes where the connection leads.
    if (rest.connection === 'held' || rest.http === '2' || rest.http === 'grpc') {
      const through = await this.#fronts.connection(Number(proxy.port), addressed);
      return { ...common, port: through, target: path };
    }
    return { ...common, port: Number(proxy.port), target: `http://${addressed}${path}` };
  }

  /** The forward proxy of a caller inside; made at its first request. To this computer, the node is any other outsider. */
  #proxy(from: Exclude<Caller, 'gateway' | 'nginx'>): Promise<Sidecar> {
    const { namespace } = this.#state.world;
    const { ports } = this.#parts;
    const caller = from === 'node' ? 'no-sidecar' : from;
    const sidecar = (inNamespace: string) =>
      this.#mesh.sidecar({ ...clientIn(inNamespace), port: ports?.[caller] });
    const open = {
      client: () => sidecar(namespace),
      'other-namespace': () => sidecar('elsewhere'),
      'no-sidecar': () => this.#mesh.plainClient('outside', ports?.['no-sidecar']),
    };
    const proxy = this.#proxies.get(caller) ?? open[caller]();
    this.#proxies.set(caller, proxy);
    return proxy;
  }

  #back<T>(value: T): T {
    return JSON.parse(this.#state.withoutOutside(JSON.stringify(value))) as T;
  }
}

/** Who asks from inside. */
function clientIn(namespace: string) {
  return { name: 'client', namespace, labels: { app: 'client', version: 'release' } };
}
