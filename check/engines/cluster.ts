/**
 * Istio on a Kubernetes cluster as an engine. Scenes run side by side, each in a slot: namespaces of its own with
 * an ingress gateway, a client with sidecar, and one more in another namespace. Where a scene says `coloring`,
 * `elsewhere`, `istio-system` or `ingressgateway`, its slot's own names are put, and taken back out of what is seen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, Reply } from '../agent.ts';
import type { Arrival } from '../echo.ts';
import type { Caller, LookStep, ProxyTable } from '../format.ts';
import { type Engine, type Outgoing, RulesRefused, type Scene, type Site } from './engine.ts';
import { ApiError, Kubernetes, type KubernetesObject } from './kubernetes.ts';
import { printTable } from './look.ts';
import {
  gatewayPod,
  marker,
  markerHost,
  namespace,
  programs,
  scope,
  secretReaders,
  services,
  sessionPod,
} from './manifests.ts';
import { PodSession } from './pod-session.ts';
import { SceneState } from './scene-state.ts';

export interface ClusterOptions {
  /** Of kubectl's configuration. */
  context: string;
  /** Scenes at the same time; three proxies each. */
  slots?: number;
  /** Any image with Node 24. */
  image?: string;
  /** Told what is going on, a line each. */
  onProgress?: (line: string) => void;
}

/** Everything that a check makes lies in namespaces with this name or one that begins with it. */
const root = 'conform';
/** An address that nobody has: sidecars look at port and Host, not at it. */
const nobody = '198.51.100.1';
/** Where the upstream stands for every outside host. Sidecars know port 80 as HTTP, whoever is called there. */
const outsidePort = 80;
/** Ports of the upstream for each slot. */
const portsPerSlot = 500;

export async function startCluster(options: ClusterOptions): Promise<Engine> {
  const { context, slots = 6, image = 'node:24-bookworm-slim', onProgress = () => {} } = options;
  const api = await Kubernetes.connect(context);
  const before = await namespacesOf(api);
  if (before.some(isOurs))
    throw new Error(`cluster ${context} has namespaces of another run: ${before.filter(isOurs)}`);
  const names = Array.from({ length: slots }, (_, i) => slotNames(`${root}-${i + 1}`));
  const inNamespaces = names.flatMap(({ main, elsewhere, system }) => [main, elsewhere, system]);
  const closers: (() => Promise<void>)[] = [];

  async function close(): Promise<void> {
    await Promise.all(closers.map((closer) => closer()));
    const ours = [root, ...inNamespaces].map((name) => namespace(name, false));
    await Promise.all(ours.map((one) => api.delete(one)));
    while ((await namespacesOf(api)).some(isOurs)) await sleep(500);
    const after = await namespacesOf(api);
    await api.close();
    const changed = [
      ...before.filter((name) => !after.includes(name)),
      ...after.filter((name) => !before.includes(name)),
    ];
    if (changed.length > 0)
      throw new Error(`the cluster's namespaces are not as before: ${changed.join(', ')}`);
  }

  try {
    onProgress(`${slots} slots with a gateway and two clients each`);
    await api.apply(namespace(root, false));
    await Promise.all(inNamespaces.map((name) => api.apply(namespace(name, true))));
    await Promise.all([root, ...inNamespaces].map((name) => api.apply(programs(name))));
    await Promise.all(names.flatMap(({ system }) => secretReaders(system)).map((one) => api.apply(one)));
    const outsidePod = sessionPod('outside', root, {}, image);
    const pods = names.flatMap(({ main, elsewhere, system, gatewayLabel }) => [
      sessionPod('client', main, { app: 'client', version: 'release' }, image),
      sessionPod('client', elsewhere, { app: 'client', version: 'release' }, image),
      gatewayPod(system, gatewayLabel),
    ]);
    await Promise.all([outsidePod, ...pods].map((pod) => createPod(api, pod)));
    const addresses = new Map<string, string>();
    for (const pod of [outsidePod, ...pods]) addresses.set(key(pod), await addressWhenReady(api, pod));
    const open = (pod: KubernetesObject) => {
      const session = new PodSession(context, pod.metadata.namespace ?? '', pod.metadata.name);
      closers.push(() => session.close());
      return session;
    };
    const outside = open(outsidePod);
    const upstream = { session: outside, address: addresses.get(key(outsidePod)) ?? '' };
    const outsidePart = { service: 'outside', version: 'v1', endpoint: 'v1-0', behaviour: '' };
    await outside.play([{ part: outsidePart, port: outsidePort }]);
    const all = names.map((slot, i) => {
      const [client, elsewhere, gateway] = pods.slice(3 * i, 3 * i + 3) as [
        KubernetesObject,
        KubernetesObject,
        KubernetesObject,
      ];
      return new Slot(slot, {
        api,
        upstream,
        client: open(client),
        elsewhere: open(elsewhere),
        gatewayAddress: addresses.get(key(gateway)) ?? '',
        firstPort: 20_000 + portsPerSlot * i,
      });
    });
    const room = new Room(all);
    for (const slot of all) slot.onClose = () => room.free(slot);
    return {
      name: `Istio on ${context}`,
      kind: 'cluster',
      capacity: slots,
      open: async (scene) => (await room.take()).stage(scene),
      close,
    };
  } catch (error) {
    await close().catch(() => {}); // The first error says more.
    throw error;
  }
}

type SlotNames = ReturnType<typeof slotNames>;

function slotNames(main: string) {
  return { main, elsewhere: `${main}-elsewhere`, system: `${main}-system`, gatewayLabel: `gateway-${main}` };
}

interface SlotParts {
  api: Kubernetes;
  upstream: { session: PodSession; address: string };
  client: PodSession;
  elsewhere: PodSession;
  gatewayAddress: string;
  firstPort: number;
}

/** The slots that nobody uses. */
class Room {
  readonly #free: Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];

  constructor(slots: readonly Slot[]) {
    this.#free = [...slots];
  }

  async take(): Promise<Slot> {
    return this.#free.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  free(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#free.push(slot);
  }
}

class Slot implements Site {
  onClose = () => {};
  readonly #names: SlotNames;
  readonly #parts: SlotParts;
  /** What is in the cluster now, by key. */
  #present = new Map<string, string>();
  #state!: SceneState;
  #outbound = 'ALLOW_ANY';
  #changes = 0;

  constructor(names: SlotNames, parts: SlotParts) {
    this.#names = names;
    this.#parts = parts;
  }

  async stage(scene: Scene): Promise<Site | RulesRefused> {
    if (scene.upstream === 'pair') throw new Error(`${scene.file}: only the echo answers here`);
    this.#state = new SceneState(scene, { address: this.#parts.upstream.address, port: outsidePort });
    this.#outbound = scene.outbound;
    try {
      await this.#enforce();
      return this;
    } catch (error) {
      await this.close();
      if (error instanceof RulesRefused) return error;
      throw error;
    }
  }

  async send(from: Caller, requests: readonly Outgoing[]): Promise<Reply[][]> {
    const { client, elsewhere, upstream } = this.#parts;
    const session = {
      gateway: upstream.session,
      client,
      'other-namespace': elsewhere,
      'no-sidecar': upstream.session,
      node: undefined,
      nginx: undefined,
    }[from];
    if (!session) throw new Error(`no caller ${from} where the echo answers`);
    const replies = await session.send(requests.map((request) => this.#exchange(from, request)));
    return this.#back(replies);
  }

  async takeCalls(ids: readonly string[]): Promise<Record<string, Arrival[]>> {
    return this.#back(await this.#parts.upstream.session.takeCalls([...ids]));
  }

  async look(at: LookStep['look']['at'], table: ProxyTable): Promise<string> {
    const { main, elsewhere, system } = this.#names;
    const pod = {
      gateway: { namespace: system, pod: 'gateway' },
      client: { namespace: main, pod: 'client' },
      'other-namespace': { namespace: elsewhere, pod: 'client' },
    }[at];
    return this.#back(await printTable(this.#parts.api.context, pod, table));
  }

  async apply(rules: string): Promise<void> {
    this.#state.apply(rules);
    await this.#enforce();
  }

  async delete(names: readonly string[]): Promise<void> {
    this.#state.delete(names);
    await this.#enforce();
  }

  async scale(replicas: Readonly<Record<string, number>>): Promise<void> {
    this.#state.scale(replicas);
    await this.#enforce();
  }

  async close(): Promise<void> {
    this.onClose();
  }

  #exchange(from: Caller, { authority, path, port, headers, ...rest }: Outgoing): Exchange {
    const host = this.#forth(this.#state.withOutside(authority));
    const isInside = this.#state.world.services.some(
      ({ name }) => host.toLowerCase().split(/[.:]/)[0] === name,
    );
    const { gatewayAddress, upstream } = this.#parts;
    const address = from === 'gateway' ? gatewayAddress : isInside ? nobody : upstream.address;
    return { ...rest, address, port, target: path, headers: [['host', host], ...this.#forth(headers)] };
  }

  /** Makes the cluster hold what the scene has now, and waits until its proxies do. */
  async #enforce(): Promise<void> {
    const { main, elsewhere, system, gatewayLabel } = this.#names;
    const value = String(++this.#changes);
    const { upstream, client, elsewhere: stranger, gatewayAddress, firstPort } = this.#parts;
    const endpoints = this.#state.endpoints().map((part, i) => ({ part, port: firstPort + i }));
    await upstream.session.play(endpoints);
    const placed = endpoints.map(({ part, port }) => ({ ...part, port, labels: this.#state.labels(part) }));
    const world = services(this.#state.world, upstream.address, placed);
    const objects = this.#forth([...world, ...(this.#state.rules() as KubernetesObject[])]);
    const visible = [main, elsewhere, system];
    const scopes = [main, elsewhere].map((name) => scope(name, visible, this.#outbound));
    await this.#sync([...scopes, ...objects], marker(main, gatewayLabel, value));
    await Promise.all([
      this.#seen(value, client, nobody),
      this.#seen(value, stranger, nobody),
      this.#seen(value, upstream.session, gatewayAddress),
    ]);
    // Endpoints of a new cluster may reach a proxy a moment after the routes to it.
    await sleep(200);
  }

  async #sync(objects: readonly KubernetesObject[], last: readonly KubernetesObject[]): Promise<void> {
    const { api } = this.#parts;
    const wanted = new Map([...objects, ...last].map((object) => [key(object), JSON.stringify(object)]));
    const gone = [...this.#present.keys()].filter((id) => !wanted.has(id));
    const changed = objects.filter((object) => this.#present.get(key(object)) !== wanted.get(key(object)));
    const problems: string[] = [];
    const apply = async (object: KubernetesObject) => {
      try {
        await api.apply(object);
        this.#present.set(key(object), JSON.stringify(object));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        problems.push(`${object.kind} ${object.metadata.name}: ${error.message}`);
      }
    };
    await inParallel(gone, async (id) => {
      await api.delete(JSON.parse(this.#present.get(id) as string));
      this.#present.delete(id);
    });
    await inParallel(changed, apply);
    // Only now: a proxy that has the marker has everything before it.
    await inParallel(last, apply);
    if (problems.length > 0) throw new RulesRefused(problems);
  }

  async #seen(value: string, session: PodSession, address: string): Promise<void> {
    const host = markerHost(this.#names.main);
    const probe: Exchange = {
      address,
      port: 80,
      method: 'GET',
      target: '/',
      headers: [['host', host]],
      body: '',
      http: '1.1',
      times: 1,
      concurrency: 1,
      connection: 'new',
    };
    const deadline = Date.now() + 30_000;
    for (;;) {
      const [[reply] = []] = await session.send([probe]);
      if (reply?.body === value) return;
      if (Date.now() > deadline) {
        throw new Error(
          `${this.#names.main}: a proxy has not taken the rules within 30 s (${reply?.status} ${reply?.error ?? reply?.body})`,
        );
      }
      await sleep(100);
    }
  }

  /** The scene's names in this slot's. */
  #forth<T>(value: T): T {
    const { main, elsewhere, system, gatewayLabel } = this.#names;
    return replaceWords(value, [
      ['ingressgateway', gatewayLabel],
      ['istio-system', system],
      ['elsewhere', elsewhere],
      [this.#state.world.namespace, main],
    ]);
  }

  #back<T>(value: T): T {
    const { main, elsewhere, system } = this.#names;
    const text = this.#state.withoutOutside(JSON.stringify(value));
    return replaceWords(JSON.parse(text) as T, [
      [system, 'istio-system'],
      [elsewhere, 'elsewhere'],
      [main, this.#state.world.namespace],
    ]);
  }
}

function replaceWords<T>(value: T, words: readonly (readonly [from: string, to: string])[]): T {
  const text = words.reduce(
    (all, [from, to]) => all.replace(new RegExp(`\\b${from}\\b`, 'g'), to),
    JSON.stringify(value),
  );
  return JSON.parse(text) as T;
}

function key({ kind, metadata }: { kind: string; metadata: { name: string; namespace?: string } }): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

async function namespacesOf(api: Kubernetes): Promise<string[]> {
  const { items } = await api.read<{ items: KubernetesObject[] }>('/api/v1/namespaces');
  return items.map(({ metadata }) => metadata.name);
}

function isOurs(name: string): boolean {
  return name === root || name.startsWith(`${root}-`);
}

/** The service account of a new namespace may take a moment. */
async function createPod(api: Kubernetes, pod: KubernetesObject): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      await api.apply(pod);
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof ApiError && /serviceaccount/.test(error.message))) throw error;
      await sleep(100);
    }
  }
}

async function addressWhenReady(api: Kubernetes, pod: KubernetesObject): Promise<string> {
  type PodStatus = { status: { podIP?: string; conditions?: { type: string; status: string }[] } };
  const deadline = Date.now() + 180_000;
  for (;;) {
    const { status } = (await api.get<PodStatus>(pod)) ?? { status: {} };
    const ready = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    if (ready && status.podIP) return status.podIP;
    if (Date.now() > deadline) throw new Error(`pod ${key(pod)} is not ready after 3 min`);
    await sleep(300);
  }
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
