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
import type { VersionPods } from './version-pods.ts';
import type { Witness } from './witness.ts';

const longestMs = 30_000;

export interface SlotUpstream {
  /** The objects that make it known, in the scene's names. */
  objects(): Promise<KubernetesObject[]>;
  /** Called when they are in the cluster; resolves when their endpoints are, too. */
  settle?(): Promise<void>;
  /** Tells who knows the endpoints. */
  readonly witness?: Witness;
  /** Resolves when the nodes know them. */
  reachable?(): Promise<void>;
  /** Sessions beside the other sidecars that have to know the rules. */
  callers?(): Promise<PodSession[]>;
  /** Where the nginx with this server block listens. */
  front?(serverBlock: string): Promise<{ pod: string; address: string; port: number }>;
  /** The address of a service for who has no sidecar. */
  addressOf?(service: string, from: Caller): Promise<string | undefined>;
  counts?(): Promise<Record<string, number>>;
  /** Where those that answer tell their metrics, as URLs. */
  metrics?(): readonly string[];
  /** Takes away what no other scene needs. */
  close?(): Promise<void>;
}

/** The endpoints of a scene are ports of the pod outside, known by WorkloadEntries. */
export class EchoEndpoints implements SlotUpstream {
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
    this.#state = state;
    this.#echo = echo;
    this.#firstPort = firstPort;
    this.#plain = plain;
  }

  async objects(): Promise<KubernetesObject[]> {
    const { world } = this.#state;
    const placed = this.#placed();
    await this.#echo.session.play(placed.map(({ port, ...part }) => ({ part, port })));
    return [...services(world), ...workloadEntries(world, this.#echo.address, placed)];
  }

  /** A proxy looks at Host and port only, whatever address it is asked for. */
  async addressOf(service: string, from: Caller): Promise<string | undefined> {
    const port = this.#state.world.services.find(({ name }) => name === service)?.port;
    if (from !== 'no-sidecar' || port === undefined) return undefined;
    const placed = this.#placed().filter((one) => one.service === service);
    return this.#plain.addressOf(service, port, placed);
  }

  close(): Promise<void> {
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
export class PairEndpoints implements SlotUpstream {
  readonly #api: Kubernetes;
  readonly #names: SlotNames;
  readonly #state: SceneState;
  readonly #pods: Pods;
  readonly #fronts: readonly string[];
  readonly witness: Witness;
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
    this.#api = api;
    this.#names = names;
    this.#state = state;
    this.#pods = pods;
    this.witness = witness;
    this.#nodes = nodes;
    this.#fronts = fronts;
  }

  async objects(): Promise<KubernetesObject[]> {
    return services(this.#state.world, this.#state.grpc);
  }

  async settle(): Promise<void> {
    await this.witness.follow(await this.#pods.versions.place(this.#state));
    const { world } = this.#state;
    for (const service of forth(services(world), this.#names, world.namespace)) {
      const found = await this.#api.get<{ spec: { clusterIP: string } }>(service);
      if (found) this.#addresses.set(service.metadata.name, found.spec.clusterIP);
    }
    await this.#pods.fronts?.start(this.#fronts, world.namespace);
  }

  /** Until then a node leads to pods that are gone, and refuses connections to a new Service. */
  async reachable(): Promise<void> {
    const services = this.#state.world.services.flatMap(({ name, port, versions }) => {
      const isServed = versions.some((one) => one.ready && this.#state.replicas(name, one.name) > 0);
      const address = this.#addresses.get(name);
      return isServed && address ? [get(address, port, '/healthz')] : [];
    });
    const { outside, node } = this.#nodes;
    await Promise.all(
      [outside, ...(node ? [node] : [])].map((session) => this.#isReached(session, services)),
    );
  }

  async #isReached(session: PodSession, services: readonly RequestBatch[]): Promise<void> {
    const areKnown = async () => {
      const [[answer] = [], ...replies] = await session.send([this.witness.request(), ...services]);
      // Any other error is the answer of a sidecar, which may want mTLS.
      const isRefused = replies.some(([reply]) => reply?.error?.includes('ECONNREFUSED'));
      return answer !== undefined && this.witness.isKnown(answer) && !isRefused;
    };
    const message = `a node does not know the endpoints ${longestMs / 1000} s after`;
    await pWaitFor(areKnown, { interval: 200, timeout: { milliseconds: longestMs, message } });
  }

  async callers(): Promise<PodSession[]> {
    const { versions, fronts } = this.#pods;
    return [...(await versions.callers()), ...(fronts?.callers() ?? [])];
  }

  front(serverBlock: string): Promise<{ pod: string; address: string; port: number }> {
    if (!this.#pods.fronts) throw new Error('no image of nginx was named');
    return this.#pods.fronts.at(serverBlock);
  }

  async close(): Promise<void> {
    await this.#pods.fronts?.clear();
  }

  async addressOf(service: string): Promise<string | undefined> {
    return this.#addresses.get(service);
  }

  metrics(): readonly string[] {
    return this.#pods.versions.metrics(this.#state);
  }

  /** Requests that each version has served, as it counts them itself at /metrics. */
  async counts(): Promise<Record<string, number>> {
    const pods = await this.#pods.versions.addresses(this.#state);
    const replies = await this.#nodes.outside.send(
      pods.map(({ address, port }) => get(address, port, '/metrics')),
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

function get(address: string, port: number, target: string): RequestBatch {
  return {
    address,
    port,
    method: 'GET',
    target,
    headers: [['host', `${address}:${port}`]],
    body: '',
    http: '1.1',
    times: 1,
    concurrency: 1,
    connection: 'new',
  };
}
