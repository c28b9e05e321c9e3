/** What answers in a slot of a cluster: ports of the echo, or pods of the kit's own services. */

import pWaitFor from 'p-wait-for';
import type { RequestBatch } from '../agent/agent.ts';
import type { Caller } from '../format.ts';
import { servedIn } from '../local/pair.ts';
import type { SceneState } from '../scene-state.ts';
import type { FrontPods } from './front-pods.ts';
import type { Kubernetes, KubernetesObject } from './kubernetes.ts';
import { services, workloadEntries } from './manifests.ts';
import { forth, type SlotNames } from './names.ts';
import type { PlainServices } from './plain-services.ts';
import type { PodSession } from './pod-session.ts';
import { probe } from './probe.ts';
import type { VersionPods } from './version-pods.ts';
import type { Witness } from './witness.ts';

const longestMs = 30_000;

/** Who answers in a scene. What an upstream has nothing to do for, it leaves as it is here. */
export abstract class SlotUpstream {
  /** Tells who knows the endpoints. */
  readonly witness: Witness | undefined;

  constructor(witness?: Witness) {
    this.witness = witness;
  }

  /** The objects that make it known, in the scene's names. */
  abstract objects(): Promise<KubernetesObject[]>;

  /** The address of a service for a caller without a sidecar. */
  abstract addressOf(service: string, from: Caller): Promise<string | undefined>;

  /** Called when they are in the cluster; resolves when their endpoints are, too. */
  async settle(): Promise<void> {}

  /** Resolves when the nodes know them. */
  async reachable(): Promise<void> {}

  /** Sessions beside the other sidecars that have to know the rules. */
  async callers(): Promise<PodSession[]> {
    return [];
  }

  /** Where the nginx with this server block listens. */
  async front(_serverBlock: string): Promise<FrontAddress> {
    throw new Error('nginx stands in front of the services only (upstream: pair)');
  }

  /** Requests that each `service/version` has served; undefined where nobody counts them. */
  async counts(): Promise<Record<string, number> | undefined> {
    return undefined;
  }

  /** Where those that answer tell their metrics, as URLs; undefined where they have none. */
  metrics(): readonly string[] | undefined {
    return undefined;
  }

  /** Takes away what no other scene needs. */
  async close(): Promise<void> {}
}

type FrontAddress = Awaited<ReturnType<FrontPods['at']>>;

/** The endpoints of a scene are ports of the pod outside, known by WorkloadEntries. */
export class EchoEndpoints extends SlotUpstream {
  readonly #state: SceneState;
  readonly #echo: { session: PodSession; address: string };
  readonly #firstPort: number;
  readonly #plain: PlainServices;

  /** @param plain for callers without sidecar */
  constructor(
    state: SceneState,
    echo: { session: PodSession; address: string },
    firstPort: number,
    plain: PlainServices,
  ) {
    super();
    this.#state = state;
    this.#echo = echo;
    this.#firstPort = firstPort;
    this.#plain = plain;
  }

  override async objects(): Promise<KubernetesObject[]> {
    const { world } = this.#state;
    const placed = this.#placed();
    await this.#echo.session.play(placed.map(({ port, ...part }) => ({ part, port })));
    return [...services(world), ...workloadEntries(world, this.#echo.address, placed)];
  }

  /** A proxy looks at Host and port only, whatever address it is asked for. */
  override async addressOf(service: string, from: Caller): Promise<string | undefined> {
    const port = this.#state.world.services.find(({ name }) => name === service)?.port;
    if (from !== 'no-sidecar' || port === undefined) return undefined;
    const placed = this.#placed().filter((one) => one.service === service);
    return this.#plain.addressOf(service, port, placed);
  }

  override close(): Promise<void> {
    return this.#plain.close();
  }

  #placed() {
    return this.#state
      .endpoints()
      .map((part, i) => ({ ...part, port: this.#firstPort + i, labels: this.#state.labels(part) }));
  }
}

/** What a slot has for its scenes. */
interface Pods {
  versions: VersionPods;
  /** Where there is an image of nginx. */
  fronts?: FrontPods;
}

/** Who asks from where no proxy decides. */
interface Nodes {
  outside: PodSession;
  /** On the network of the node itself. */
  node?: PodSession;
}

/** Real pods behind real Services. */
export class PairEndpoints extends SlotUpstream {
  readonly #api: Kubernetes;
  readonly #names: SlotNames;
  readonly #state: SceneState;
  readonly #pods: Pods;
  readonly #fronts: readonly string[];
  readonly #witness: Witness;
  readonly #nodes: Nodes;
  readonly #addresses = new Map<string, string>();

  constructor(
    api: Kubernetes,
    names: SlotNames,
    state: SceneState,
    {
      pods,
      witness,
      nodes,
      fronts,
    }: { pods: Pods; witness: Witness; nodes: Nodes; fronts: readonly string[] },
  ) {
    super(witness);
    this.#api = api;
    this.#names = names;
    this.#state = state;
    this.#pods = pods;
    this.#witness = witness;
    this.#nodes = nodes;
    this.#fronts = fronts;
  }

  override async objects(): Promise<KubernetesObject[]> {
    return services(this.#state.world);
  }

  override async settle(): Promise<void> {
    await this.#witness.follow(await this.#pods.versions.place(this.#state));
    const { world } = this.#state;
    for (const service of forth(services(world), this.#names, world.namespace)) {
      const found = await this.#api.get<{ spec: { clusterIP: string } }>(service);
      if (found) this.#addresses.set(service.metadata.name, found.spec.clusterIP);
    }
    await this.#pods.fronts?.start(this.#fronts, world.namespace);
  }

  /** Until then a node leads to pods that are gone, and refuses connections to a new Service. */
  override async reachable(): Promise<void> {
    const services = this.#state.world.services.flatMap(({ name, port, versions }) => {
      const isServed = versions.some((one) => one.ready && this.#state.replicas(name, one.name) > 0);
      const address = this.#addresses.get(name);
      return isServed && address ? [probe(address, port, '/healthz')] : [];
    });
    const { outside, node } = this.#nodes;
    await Promise.all(
      [outside, ...(node ? [node] : [])].map((session) => this.#isReached(session, services)),
    );
  }

  async #isReached(session: PodSession, services: readonly RequestBatch[]): Promise<void> {
    const areKnown = async () => {
      const [[answer] = [], ...replies] = await session.send([this.#witness.request(), ...services]);
      // Any other error is the answer of a sidecar, which may want mTLS.
      const isRefused = replies.some(([reply]) => reply?.error?.includes('ECONNREFUSED'));
      return answer !== undefined && this.#witness.isKnown(answer) && !isRefused;
    };
    const message = `a node does not know the endpoints ${longestMs / 1000} s after`;
    await pWaitFor(areKnown, { interval: 200, timeout: { milliseconds: longestMs, message } });
  }

  override async callers(): Promise<PodSession[]> {
    const { versions, fronts } = this.#pods;
    return [...(await versions.callers()), ...(fronts?.callers() ?? [])];
  }

  override async front(serverBlock: string): Promise<FrontAddress> {
    if (!this.#pods.fronts) throw new Error('no image of nginx was named');
    return this.#pods.fronts.at(serverBlock);
  }

  override async close(): Promise<void> {
    await this.#pods.fronts?.clear();
  }

  override async addressOf(service: string): Promise<string | undefined> {
    return this.#addresses.get(service);
  }

  override metrics(): readonly string[] {
    return this.#pods.versions.metrics(this.#state);
  }

  /** Requests that each version has served, as it counts them itself at /metrics. */
  override async counts(): Promise<Record<string, number>> {
    const pods = await this.#pods.versions.addresses(this.#state);
    const replies = await this.#nodes.outside.send(
      pods.map(({ address, port }) => probe(address, port, '/metrics')),
    );
    const counts: Record<string, number> = {};
    replies.forEach(([reply], i) => {
      const version = pods[i]?.version ?? '';
      if (reply?.status !== 200) throw new Error(`${version} does not tell its counts: ${reply?.status}`);
      counts[version] = (counts[version] ?? 0) + servedIn(reply.body);
    });
    return counts;
  }
}
