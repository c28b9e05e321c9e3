/** A place for one scene at a time on a cluster: namespaces with an ingress gateway and clients, and what answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { flagsOf } from '../access-logs.ts';
import type { Reply, RequestBatch } from '../agent/agent.ts';
import type { Arrival } from '../agent/echo.ts';
import { type Outgoing, RulesRefused, type Site } from '../engine.ts';
import type { Caller, LookStep, ProxyTable } from '../format.ts';
import type { Scene } from '../scene.ts';
import { SceneState } from '../scene-state.ts';
import { inOrder, tooOld } from './creation.ts';
import type { FrontPods } from './front-pods.ts';
import { ApiError, type Kubernetes, type KubernetesObject } from './kubernetes.ts';
import { printTable } from './look.ts';
import { marker, scope } from './manifests.ts';
import { back, forth, type SlotNames } from './names.ts';
import { PlainServices } from './plain-services.ts';
import type { PodSession } from './pod-session.ts';
import { nobody, SlotProxies } from './slot-proxies.ts';
import { EchoEndpoints, PairEndpoints, type SlotUpstream } from './slot-upstream.ts';
import type { VersionPods } from './version-pods.ts';
import { Witness, witnessPorts } from './witness.ts';

/** Where the upstream stands for every outside host. Sidecars know port 80 as HTTP, whoever is called there. */
export const outsidePort = 80;

export interface SlotParts {
  api: Kubernetes;
  /** A pod without sidecar: it calls the gateway, it plays the echo, and it stands outside. */
  outside: { session: PodSession; address: string; namespace: string };
  client: PodSession;
  elsewhere: PodSession;
  /** On the network of the node itself. */
  node?: PodSession;
  gatewayAddress: string;
  /** Of the echo's. */
  firstPort: number;
  ports: number;
  /** Where the kit's services can answer. */
  pods?: VersionPods;
  /** Where nginx can stand in front. */
  fronts?: FrontPods;
}

export class Slot implements Site {
  onClose = () => {};
  readonly names: SlotNames;
  readonly #parts: SlotParts;
  readonly #proxies: SlotProxies;
  /** Where the kit's services can answer. */
  readonly #witness: Witness | undefined;
  /** What is in the cluster now, by key. */
  #present = new Map<string, string>();
  #state!: SceneState;
  #upstream!: SlotUpstream;
  #outcomes: (() => Promise<Record<string, string[]> | undefined>) | undefined;
  #outbound = 'ALLOW_ANY';
  #changes = 0;

  constructor(names: SlotNames, parts: SlotParts) {
    this.names = names;
    this.#parts = parts;
    const { api, outside, firstPort, ports } = parts;
    this.#proxies = new SlotProxies(names, parts);
    const own = firstPort + ports - witnessPorts;
    this.#witness = parts.pods && new Witness(api, names.main, outside, own);
  }

  /** Starts what a scene will need, while another one is up. */
  prepare(scene: Scene): void {
    if (scene.upstream === 'pair') this.#parts.pods?.prepare(scene);
  }

  async stage(scene: Scene): Promise<Site | RulesRefused> {
    const { outside, node, pods, fronts, api, firstPort } = this.#parts;
    this.#state = new SceneState(scene, { address: outside.address, port: outsidePort });
    this.#outbound = scene.outbound;
    if (scene.upstream === 'pair') {
      if (!pods || !this.#witness) throw new Error(`${scene.file}: no images of the services were named`);
      this.#upstream = new PairEndpoints(api, this.names, this.#state, {
        pods: { versions: pods, ...(fronts && { fronts }) },
        witness: this.#witness,
        nodes: { outside: outside.session, ...(node && { node }) },
        fronts: scene.fronts ?? [],
      });
    } else {
      const plain = new PlainServices(api, outside, this.names.main);
      this.#upstream = new EchoEndpoints(this.#state, outside, firstPort, plain);
    }
    try {
      await this.#enforce();
      this.#outcomes = scene.upstream === 'pair' ? undefined : await this.#proxies.beginLogs();
      return this;
    } catch (error) {
      await this.close();
      if (error instanceof RulesRefused) return error;
      throw error;
    }
  }

  async send(from: Caller, requests: readonly Outgoing[]): Promise<Reply[][]> {
    const { client, elsewhere, outside, node } = this.#parts;
    const session = {
      gateway: outside.session,
      client,
      'other-namespace': elsewhere,
      'no-sidecar': outside.session,
      node,
      nginx: outside.session,
    }[from];
    if (!session) throw new Error(`no caller ${from} here`);
    const batches = await Promise.all(requests.map((request) => this.#batch(from, request)));
    const replies = await session.send(batches);
    return this.#back(replies);
  }

  async takeCalls(ids: readonly string[]): Promise<Record<string, Arrival[]>> {
    return this.#back(await this.#parts.outside.session.takeCalls([...ids]));
  }

  async metrics(): Promise<readonly string[] | undefined> {
    return this.#upstream.metrics?.();
  }

  async counts(): Promise<Readonly<Record<string, number>> | undefined> {
    return this.#upstream.counts?.();
  }

  async outcomes(): Promise<Record<string, string[]> | undefined> {
    return this.#outcomes?.();
  }

  async watchFlags(): Promise<() => Promise<string[] | undefined>> {
    const callers = (await this.#upstream.callers?.()) ?? [];
    const outcomes = await this.#proxies.beginLogs(callers);
    return async () => {
      const byProxy = await outcomes();
      return byProxy && Object.values(byProxy).flat().flatMap(flagsOf);
    };
  }

  async look(at: LookStep['look']['at'], table: ProxyTable): Promise<string> {
    const { main, elsewhere, system } = this.names;
    const pod = {
      gateway: { namespace: system, pod: 'gateway' },
      client: { namespace: main, pod: 'client' },
      'other-namespace': { namespace: elsewhere, pod: 'client' },
    }[at];
    return this.#back(await printTable(this.#parts.api.context, pod, table));
  }

  /** How a person asks the gateway, and looks at the pods. */
  async openAll(fronts: readonly string[]): Promise<{ caller: string; url: string }[]> {
    const { main, system } = this.names;
    const kubectl = `kubectl --context ${this.#parts.api.context}`;
    return [
      { caller: 'gateway', url: `${kubectl} -n ${system} port-forward pod/gateway 8089:80` },
      { caller: '  then', url: "curl -H 'project-version: …' localhost:8089" },
      ...(await Promise.all(
        fronts.map(async (front, i) => {
          const { pod, port } = (await this.#upstream.front?.(front)) ?? {};
          return {
            caller: 'nginx',
            url: `${kubectl} -n ${main} port-forward pod/${pod} ${8090 + i}:${port}`,
          };
        }),
      )),
      { caller: 'pods', url: `${kubectl} -n ${main} get pods` },
      { caller: 'rules', url: `${kubectl} -n ${main} get virtualservices,destinationrules,gateways` },
      { caller: 'one more', url: `sed 's/\\bcoloring\\b/${main}/g' FILE.yaml | ${kubectl} apply -f -` },
    ];
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
    await this.#upstream.close?.();
    this.onClose();
  }

  async #batch(
    from: Caller,
    { authority, path, port, headers, nginx, ...rest }: Outgoing,
  ): Promise<RequestBatch> {
    const host = this.#forth(this.#state.withOutside(authority));
    const name = host.toLowerCase().replace(/:\d+$/, '');
    const isInside = this.#state.world.services.some((service) => name.split('.')[0] === service.name);
    const { gatewayAddress, outside } = this.#parts;
    const inside = (await this.#upstream.addressOf?.(name.split('.')[0] ?? '', from)) ?? nobody;
    const address = from === 'gateway' ? gatewayAddress : isInside ? inside : outside.address;
    const at = from === 'nginx' ? await this.#upstream.front?.(nginx ?? '') : undefined;
    return {
      ...rest,
      address: at?.address ?? address,
      port: at?.port ?? port,
      target: path,
      headers: [['host', host], ...this.#forth(headers)],
    };
  }

  /** Makes the cluster hold what the scene has now, and waits until its proxies do. */
  async #enforce(): Promise<void> {
    const { main, elsewhere, system, gatewayLabel } = this.names;
    const value = String(++this.#changes);
    const objects = [...(await this.#upstream.objects()), ...(this.#state.rules() as KubernetesObject[])];
    const visible = [main, elsewhere, system];
    const scopes = [main, elsewhere].map((name) => scope(name, visible, this.#outbound));
    const { witness } = this.#upstream;
    await this.#sync(
      [...scopes, ...this.#forth(objects)],
      marker(main, gatewayLabel, value, witness !== undefined),
    );
    const callers = (await this.#upstream.callers?.()) ?? [];
    await Promise.all([this.#proxies.untilTold(value, witness, callers), this.#upstream.reachable?.()]);
    await sleep(200);
  }

  async #sync(objects: readonly KubernetesObject[], last: readonly KubernetesObject[]): Promise<void> {
    const { api } = this.#parts;
    const wanted = new Map([...objects, ...last].map((object) => [key(object), JSON.stringify(object)]));
    const present = [...this.#present.values()].map((text) => JSON.parse(text) as KubernetesObject);
    const anew = new Set(tooOld(present, objects, key).map(key));
    const gone = [...this.#present.keys()].filter((id) => !wanted.has(id) || anew.has(id));
    const changed = objects.filter(
      (object) => anew.has(key(object)) || this.#present.get(key(object)) !== wanted.get(key(object)),
    );
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
    await inParallel(inOrder(changed), async (one) => {
      for (const object of one) await apply(object);
    });
    if (problems.length === 0) await this.#upstream.settle?.();
    // Only now: a proxy that has the marker has everything before it.
    await inParallel(last, apply);
    if (problems.length > 0) throw new RulesRefused(problems);
  }

  /** The scene's names in this slot's. */
  #forth<T>(value: T): T {
    return forth(value, this.names, this.#state.world.namespace);
  }

  #back<T>(value: T): T {
    const text = this.#state.withoutOutside(JSON.stringify(value));
    return back(JSON.parse(text) as T, this.names, this.#state.world.namespace);
  }
}

export function key({
  kind,
  metadata,
}: {
  kind: string;
  metadata: { name: string; namespace?: string };
}): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
