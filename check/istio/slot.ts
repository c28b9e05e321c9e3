/** A place for one scene at a time on a cluster: namespaces with an ingress gateway and clients, and what answers. */
import type { Scene } from '../scene.ts';
import type { SceneState } from '../scene-state.ts';
import type { FrontPods } from './front-pods.ts';
import { HeldObjects } from './held-objects.ts';
import type { Kubernetes } from './kubernetes.ts';
import type { SlotNames } from './names.ts';
import { PlainServices } from './plain-services.ts';
import type { PodSession } from './pod-session.ts';
import { SlotProxies } from './slot-proxies.ts';
import type { Place } from './slot-queue.ts';
import { EchoEndpoints, PairEndpoints, type SlotUpstream } from './slot-upstream.ts';
import type { VersionPods } from './version-pods.ts';
import { Witness, witnessPorts } from './witness.ts';

export interface SlotParts {
  api: Kubernetes;
  /** A pod without sidecar: it calls the gateway, it plays the echo, and stands for every outside host at `port`. */
  outside: { session: PodSession; address: string; port: number; namespace: string };
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

export class Slot implements Place {
  onClose = () => {};
  readonly names: SlotNames;
  readonly parts: SlotParts;
  readonly proxies: SlotProxies;
  readonly held: HeldObjects;
  /** Where the kit's services can answer. */
  readonly #witness: Witness | undefined;
  #changes = 0;

  constructor(names: SlotNames, parts: SlotParts) {
    this.names = names;
    this.parts = parts;
    this.proxies = new SlotProxies(names, parts);
    const { api, outside, firstPort, ports } = parts;
    this.held = new HeldObjects(api);
    const own = firstPort + ports - witnessPorts;
    this.#witness = parts.pods && new Witness(api, names.main, outside, own);
  }

  /** Starts what a scene will need, while another one is up. */
  prepare(scene: Scene): void {
    if (scene.upstream === 'pair') this.parts.pods?.prepare(scene);
  }

  /** A word for the next change of the rules, that no other change has had. */
  nextChange(): string {
    return String(++this.#changes);
  }

  /** Who answers in a scene. @throws Error where the kit's services are to, and cannot */
  upstreamOf(scene: Scene, state: SceneState): SlotUpstream {
    const { outside, node, pods, fronts, api, firstPort } = this.parts;
    if (scene.upstream === 'echo') {
      const plain = new PlainServices(api, outside, this.names.main);
      return new EchoEndpoints(state, outside, firstPort, plain);
    }
    if (!pods || !this.#witness) throw new Error(`${scene.file}: no images of the services were named`);
    return new PairEndpoints(api, this.names, state, {
      pods: { versions: pods, ...(fronts && { fronts }) },
      witness: this.#witness,
      nodes: { outside: outside.session, ...(node && { node }) },
      fronts: scene.fronts ?? [],
    });
  }
}
