/** The local mesh as an engine: everything in this process, upstreams included. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mesh, type Sidecar, startMesh } from '../../mesh/mesh.ts';
import type { Registry } from '../../mesh/registry.ts';
import { parseRules } from '../../mesh/rules/load.ts';
import { formatProblem } from '../../mesh/rules/problem.ts';
import { type Exchange, type Reply, send } from '../agent.ts';
import { type Arrival, Echo, type Part } from '../echo.ts';
import type { Caller } from '../format.ts';
import { toYaml } from '../world.ts';
import { type Engine, type Outgoing, RulesRefused, type Scene, type Site } from './engine.ts';
import { type Outside, SceneState } from './scene-state.ts';

const address = '127.0.0.1';

/** @param capacity scenes at the same time */
export async function startLocal(capacity = 16): Promise<Engine> {
  const echo = new Echo(address);
  const port = await echo.play({ service: 'outside', version: 'v1', endpoint: 'v1-0', behaviour: '' }, 0);
  const folder = await mkdtemp(join(tmpdir(), 'check-'));
  let opened = 0;
  return {
    name: 'local mesh',
    capacity,
    open: (scene) => LocalSite.open(scene, echo, { address, port }, join(folder, `${opened++}.yaml`)),
    async close() {
      await echo.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The endpoints of a scene: a port of the echo for each, as long as the scene is up. */
class Upstream {
  readonly echo: Echo;
  readonly #ports = new Map<string, number>();

  constructor(echo: Echo) {
    this.echo = echo;
  }

  /** What runs, with each of its endpoints listening. */
  async registry(state: SceneState): Promise<Registry> {
    const endpoints = await Promise.all(
      state.endpoints().map(async (part) => ({
        service: part.service,
        name: part.endpoint,
        address,
        port: await this.#port(part),
        labels: state.labels(part),
        ready: true,
      })),
    );
    return {
      services: state.world.services.map(({ name, namespace, port }) => ({
        name,
        namespace,
        ports: [{ name: 'http', number: port }],
        endpoints: endpoints.filter(({ service }) => service === name),
      })),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => this.echo.stop(port)));
  }

  async #port(part: Part): Promise<number> {
    const key = `${part.service}/${part.endpoint}`;
    const port = this.#ports.get(key) ?? (await this.echo.play(part, 0));
    this.#ports.set(key, port);
    return port;
  }
}

class LocalSite implements Site {
  readonly #mesh: Mesh;
  readonly #state: SceneState;
  readonly #upstream: Upstream;
  readonly #ruleFile: string;
  readonly #proxies = new Map<Caller, Promise<Sidecar>>();

  private constructor(mesh: Mesh, state: SceneState, upstream: Upstream, ruleFile: string) {
    this.#mesh = mesh;
    this.#state = state;
    this.#upstream = upstream;
    this.#ruleFile = ruleFile;
  }

  static async open(
    scene: Scene,
    echo: Echo,
    outside: Outside,
    ruleFile: string,
  ): Promise<LocalSite | RulesRefused> {
    const { namespace } = scene.world;
    const state = new SceneState(scene, outside);
    const written = parseRules([{ file: scene.file, text: state.withOutside(scene.rules) }], {
      defaultNamespace: namespace,
    });
    if (!written.ok) return new RulesRefused(written.problems.map(formatProblem));
    await writeFile(ruleFile, toYaml(state.rules()));
    const upstream = new Upstream(echo);
    const mesh = await startMesh({
      rules: ruleFile,
      defaultNamespace: namespace,
      registry: await upstream.registry(state),
      outboundTrafficPolicy: scene.outbound,
    });
    return new LocalSite(mesh, state, upstream, ruleFile);
  }

  async send(from: Caller, requests: readonly Outgoing[]): Promise<Reply[][]> {
    const exchanges = await Promise.all(requests.map((request) => this.#exchange(from, request)));
    return this.#back(await send(exchanges));
  }

  async takeCalls(ids: readonly string[]): Promise<Record<string, Arrival[]>> {
    return this.#back(this.#upstream.echo.takeCalls(ids));
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
    await Promise.all([...this.#proxies.values()].map(async (proxy) => (await proxy).close()));
    await this.#mesh.close();
    await this.#upstream.close();
  }

  async #reload(): Promise<void> {
    await writeFile(this.#ruleFile, toYaml(this.#state.rules()));
    const result = await this.#mesh.reload();
    if (!result.ok) throw new RulesRefused(result.problems);
  }

  async #exchange(from: Caller, { authority, path, port, headers, ...rest }: Outgoing): Promise<Exchange> {
    const host = this.#state.withOutside(authority);
    const common = { ...rest, address, headers: [['host', host] as const, ...headers] };
    if (from === 'gateway') return { ...common, port: this.#mesh.gateway.port, target: path };
    const proxy = new URL((await this.#proxy(from)).proxyUrl);
    const addressed = `${host.replace(/:\d+$/, '')}:${/:(\d+)$/.exec(host)?.[1] ?? port}`;
    return { ...common, port: Number(proxy.port), target: `http://${addressed}${path}` };
  }

  /** The forward proxy of a caller inside; made at its first request. */
  #proxy(from: Exclude<Caller, 'gateway'>): Promise<Sidecar> {
    const { namespace } = this.#state.world;
    const labels = { app: 'client', version: 'release' };
    const open = {
      client: () => this.#mesh.sidecar({ name: 'client', namespace, labels }),
      'other-namespace': () => this.#mesh.sidecar({ name: 'client', namespace: 'elsewhere', labels }),
      'no-sidecar': () => this.#mesh.plainClient('outside'),
    };
    const proxy = this.#proxies.get(from) ?? open[from]();
    this.#proxies.set(from, proxy);
    return proxy;
  }

  #back<T>(value: T): T {
    return JSON.parse(this.#state.withoutOutside(JSON.stringify(value))) as T;
  }
}
