/** What answers in a slot of a cluster: ports of the echo, or pods of the kit's own services. */
import type { Exchange } from '../agent.ts';
import type { Kubernetes, KubernetesObject } from './kubernetes.ts';
import { services, workloadEntries } from './manifests.ts';
import { forth, type SlotNames } from './names.ts';
import { servedIn } from './pair.ts';
import type { PodSession } from './pod-session.ts';
import type { SceneState } from './scene-state.ts';
import type { VersionPods } from './version-pods.ts';

export interface SlotUpstream {
  /** The objects that make it known, in the scene's names. */
  objects(): Promise<KubernetesObject[]>;
  /** Called when they are in the cluster; resolves when their endpoints are, too. */
  settle?(): Promise<void>;
  /** Sessions beside the other sidecars that have to know the rules. */
  callers?(): Promise<PodSession[]>;
  /** The address of a service for who has no sidecar. */
  addressOf?(service: string): string | undefined;
  counts?(): Promise<Record<string, number>>;
}

/** The endpoints of a scene are ports of the pod outside, known by WorkloadEntries. */
export class EchoEndpoints implements SlotUpstream {
  readonly #state: SceneState;
  readonly #echo: { session: PodSession; address: string };
  readonly #firstPort: number;

  constructor(state: SceneState, echo: { session: PodSession; address: string }, firstPort: number) {
    this.#state = state;
    this.#echo = echo;
    this.#firstPort = firstPort;
  }

  async objects(): Promise<KubernetesObject[]> {
    const { world } = this.#state;
    const endpoints = this.#state.endpoints().map((part, i) => ({ part, port: this.#firstPort + i }));
    await this.#echo.session.play(endpoints);
    const placed = endpoints.map(({ part, port }) => ({ ...part, port, labels: this.#state.labels(part) }));
    return [...services(world), ...workloadEntries(world, this.#echo.address, placed)];
  }
}

/** Real pods behind real Services. */
export class PairEndpoints implements SlotUpstream {
  readonly #api: Kubernetes;
  readonly #names: SlotNames;
  readonly #state: SceneState;
  readonly #pods: VersionPods;
  readonly #outside: PodSession;
  readonly #addresses = new Map<string, string>();

  /** @param outside asks the pods what they have counted */
  constructor(api: Kubernetes, names: SlotNames, state: SceneState, pods: VersionPods, outside: PodSession) {
    this.#api = api;
    this.#names = names;
    this.#state = state;
    this.#pods = pods;
    this.#outside = outside;
  }

  async objects(): Promise<KubernetesObject[]> {
    return services(this.#state.world);
  }

  async settle(): Promise<void> {
    await this.#pods.place(this.#state);
    const { world } = this.#state;
    for (const service of forth(services(world), this.#names, world.namespace)) {
      const found = await this.#api.get<{ spec: { clusterIP: string } }>(service);
      if (found) this.#addresses.set(service.metadata.name, found.spec.clusterIP);
    }
  }

  callers(): Promise<PodSession[]> {
    return this.#pods.callers(this.#state);
  }

  addressOf(service: string): string | undefined {
    return this.#addresses.get(service);
  }

  /** Requests that each version has served, as it counts them itself at /metrics. */
  async counts(): Promise<Record<string, number>> {
    const pods = await this.#pods.addresses(this.#state);
    const replies = await this.#outside.send(pods.map(({ address, port }) => metricsOf(address, port)));
    const counts: Record<string, number> = {};
    replies.forEach(([reply], i) => {
      const version = pods[i]?.version ?? '';
      if (reply?.status !== 200) throw new Error(`${version} does not tell its counts: ${reply?.status}`);
      counts[version] = (counts[version] ?? 0) + servedIn(reply.body);
    });
    return counts;
  }
}

function metricsOf(address: string, port: number): Exchange {
  return {
    address,
    port,
    method: 'GET',
    target: '/metrics',
    headers: [['host', `${address}:${port}`]],
    body: '',
    http: '1.1',
    times: 1,
    concurrency: 1,
    connection: 'new',
  };
}
