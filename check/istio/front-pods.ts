/** An nginx in front as pods on a cluster: one for each server block that a scene asks. */

import { configurationOf, frontPort, hasSidecar } from '../nginx-configuration.ts';
import type { Kubernetes, KubernetesObject } from './kubernetes.ts';
import { forth, type SlotNames } from './names.ts';
import { nginxPod } from './pod-manifests.ts';
import { PodSession } from './pod-session.ts';
import { addressWhen } from './pod-status.ts';

/** Images that the cluster has. */
export interface FrontImages {
  nginx: string;
  /** Any with Node 22.18 or newer. */
  node: string;
}

interface Front {
  objects: KubernetesObject[];
  pod: KubernetesObject;
  address: Promise<string>;
  /** Beside its sidecar. */
  session?: PodSession;
}

export class FrontPods {
  readonly #api: Kubernetes;
  readonly #names: SlotNames;
  readonly #images: FrontImages;
  readonly #gatewayAddress: string;
  /** By server block. */
  readonly #fronts = new Map<string, Front>();
  #made = 0;

  constructor(api: Kubernetes, names: SlotNames, images: FrontImages, gatewayAddress: string) {
    this.#api = api;
    this.#names = names;
    this.#images = images;
    this.#gatewayAddress = gatewayAddress;
  }

  /**
   * Starts those that are not there yet; resolves when all listen. Their names for services have to be known by then.
   * @param coloring the namespace that the server blocks name
   */
  async start(serverBlocks: readonly string[], coloring: string): Promise<void> {
    for (const block of serverBlocks.filter((one) => !this.#fronts.has(one)))
      this.#fronts.set(block, this.#create(block, coloring));
    await Promise.all([...this.#fronts.values()].map(({ address }) => address));
  }

  /** Where the nginx with this server block listens. */
  async at(serverBlock: string): Promise<{ pod: string; address: string; port: number }> {
    const front = this.#fronts.get(serverBlock);
    if (!front) throw new Error('no nginx was started with this server block');
    return { pod: front.pod.metadata.name, address: await front.address, port: frontPort };
  }

  /** Sessions beside the sidecars that decide for an nginx. */
  callers(): PodSession[] {
    return [...this.#fronts.entries()]
      .filter(([block]) => hasSidecar(block))
      .map(([, front]) => {
        const { namespace = '', name } = front.pod.metadata;
        front.session ??= new PodSession(this.#api.context, namespace, name);
        return front.session;
      });
  }

  /** Ends the sessions. */
  async close(): Promise<void> {
    await Promise.all([...this.#fronts.values()].map(({ session }) => session?.close()));
  }

  /** Takes all away. */
  async clear(): Promise<void> {
    await this.close();
    const fronts = [...this.#fronts.values()];
    this.#fronts.clear();
    for (const { objects } of fronts) for (const object of objects) await this.#api.delete(object);
  }

  #create(block: string, coloring: string): Front {
    const [configMap, pod] = nginxPod({
      name: `nginx-${++this.#made}`,
      inNamespace: this.#names.main,
      images: this.#images,
      gateway: { name: this.#names.gatewayLabel, address: this.#gatewayAddress },
      hasSidecar: hasSidecar(block),
      configuration: configurationOf('/tmp', forth(block, this.#names, coloring)),
    });
    const created = this.#api.apply(configMap).then(() => this.#api.apply(pod));
    const address = created.then(() => addressWhen(this.#api, pod, 'Ready'));
    address.catch(() => {}); // Told to whoever waits for it.
    return { objects: [pod, configMap], pod, address };
  }
}
