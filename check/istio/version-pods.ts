/**
 * The kit's own services as the upstream of scenes on a cluster: a pod for each replica of a version. A pod that is up
 * serves every later scene of its slot that needs the same; between them a readiness gate keeps it out of its Service.
 */

import pWaitFor from 'p-wait-for';
import type { LaneService, Lanes, LaneVersion } from '../../lanes/lanes.ts';
import type { Scene } from '../scene.ts';
import type { SceneState } from '../scene-state.ts';
import type { Kubernetes, KubernetesObject } from './kubernetes.ts';
import { services } from './manifests.ts';
import { forth, type SlotNames } from './names.ts';
import { versionPod } from './pod-manifests.ts';
import { PodSession } from './pod-session.ts';
import { addressWhen, type PodStatus } from './pod-status.ts';

/** The condition by which a pod is in its Service, or waits for a scene that needs it. */
const inScene = 'check/in-scene';

interface Running {
  key: string;
  service: string;
  version: string;
  pod: KubernetesObject;
  /** False: it runs, and never gets ready. */
  ready: boolean;
  address: Promise<string>;
  isIn: boolean;
  isGrpc: boolean;
  /** Into the pod: its sidecar decides too. */
  session?: PodSession;
}

/** A version as a scene has it. */
interface Wanted {
  world: Lanes;
  service: LaneService;
  version: LaneVersion;
  isGrpc: boolean;
}

export class VersionPods {
  readonly #api: Kubernetes;
  readonly #names: SlotNames;
  /** By program. */
  readonly #images: Readonly<Record<string, string>>;
  #running: Running[] = [];
  #made = 0;

  constructor(api: Kubernetes, names: SlotNames, images: Readonly<Record<string, string>>) {
    this.#api = api;
    this.#names = names;
    this.#images = images;
  }

  /** Starts the pods that a scene will need; nobody waits for them. */
  prepare({ world, grpc = [] }: Scene): void {
    for (const service of world.services) {
      for (const version of service.versions)
        this.#keep({ world, service, version, isGrpc: grpc.includes(service.name) }, version.replicas);
    }
  }

  /**
   * Puts into each Service of the scene what it has now, and all else out; resolves when the endpoints say so.
   * @returns the endpoints, in words of its own
   */
  async place(state: SceneState): Promise<string> {
    const { world, grpc } = state;
    const wanted = new Set<Running>();
    for (const service of world.services) {
      for (const version of service.versions) {
        const count = version.ready ? state.replicas(service.name, version.name) : version.replicas;
        const one = { world, service, version, isGrpc: grpc.includes(service.name) };
        this.#removeBeyond(one, count);
        for (const pod of this.#keep(one, count)) wanted.add(pod);
      }
    }
    await Promise.all(this.#running.map((one) => this.#gate(one, wanted.has(one))));
    const expected = [...wanted].filter(({ ready }) => ready);
    const placed: string[] = [];
    for (const service of forth(servicesOf(state), this.#names, world.namespace)) {
      const { name, namespace = '' } = service.metadata;
      const mine = expected.filter(({ pod }) => isBehind(service, pod));
      const addresses = await Promise.all(mine.map(({ address }) => address));
      await this.#endpointsAre(name, namespace, addresses);
      placed.push(`${namespace}/${name}: ${addresses.sort().join(' ')}`);
    }
    return placed.sort().join('; ');
  }

  /** Sessions in the pods of the scene: the sidecar of a service that is called obeys a DestinationRule too. */
  async callers(): Promise<PodSession[]> {
    const inside = this.#running.filter(({ isIn }) => isIn);
    await Promise.all(inside.map(({ address }) => address));
    return inside.map((one) => {
      const { namespace = '', name } = one.pod.metadata;
      one.session ??= new PodSession(this.#api.context, namespace, name);
      return one.session;
    });
  }

  /** Of every pod that is in and tells them. */
  metrics({ world }: SceneState): string[] {
    const inside = this.#running.filter(({ isIn, isGrpc }) => isIn && !isGrpc);
    return inside.map(({ service, pod: { metadata } }) => {
      const port = world.services.find(({ name }) => name === service)?.port ?? 0;
      return `${this.#api.podUrl(metadata.namespace ?? '', metadata.name, port)}/metrics`;
    });
  }

  /** Address and port of every pod that is in and speaks HTTP/1.1, by `service/version`. */
  async addresses({ world }: SceneState): Promise<{ version: string; address: string; port: number }[]> {
    const inside = this.#running.filter(({ isIn, isGrpc }) => isIn && !isGrpc);
    return Promise.all(
      inside.map(async ({ service, version, address }) => ({
        version: `${service}/${version}`,
        address: await address,
        port: world.services.find(({ name }) => name === service)?.port ?? 0,
      })),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map(({ session }) => session?.close()));
  }

  /** The pods of a version as often as wanted, those that are missing started. */
  #keep(wanted: Wanted, count: number): Running[] {
    const mine = this.#of(wanted);
    const missing = Math.max(0, count - mine.length);
    return [...mine.slice(0, count), ...Array.from({ length: missing }, () => this.#start(wanted))];
  }

  /** Takes away what is too much, as scaling down does. */
  #removeBeyond(wanted: Wanted, count: number): void {
    for (const one of this.#of(wanted).slice(count)) if (one.isIn) this.#remove(one);
  }

  #of(wanted: Wanted): Running[] {
    const key = keyOf(wanted);
    return this.#running.filter((one) => one.key === key);
  }

  #start({ world, service, version, isGrpc }: Wanted): Running {
    const image = this.#images[service.standIn];
    if (!image) throw new Error(`no image of ${service.standIn} was named`);
    const name = `${service.name}-${version.name}-${++this.#made}`;
    // Before the image is named: its name may have a word of the scene's in it.
    const here = forth({ world, service, version }, this.#names, world.namespace);
    const pod = versionPod(here.world, here.service, here.version, { name, image, gate: inScene, isGrpc });
    const condition = version.ready ? 'ContainersReady' : 'Initialized';
    const running: Running = {
      key: keyOf({ world, service, version, isGrpc }),
      service: service.name,
      version: version.name,
      pod,
      ready: version.ready,
      isGrpc,
      address: this.#api.apply(pod).then(() => addressWhen(this.#api, pod, condition)),
      isIn: false,
    };
    running.address.catch(() => {}); // Told to whoever waits for it.
    this.#running.push(running);
    return running;
  }

  #remove(one: Running): void {
    this.#running = this.#running.filter((other) => other !== one);
    void one.session?.close();
    this.#api.delete(one.pod).catch(() => {}); // The endpoints, awaited in `place`, tell whether it is gone.
  }

  async #gate(one: Running, isIn: boolean): Promise<void> {
    if (one.isIn === isIn) return;
    one.isIn = isIn;
    await one.address;
    const conditions = [{ type: inScene, status: isIn ? 'True' : 'False' }];
    await this.#api.patchStatus(one.pod, { conditions } satisfies PodStatus['status']);
  }

  async #endpointsAre(name: string, where: string, addresses: readonly string[]): Promise<void> {
    const wanted = [...addresses].sort().join(' ');
    let found = '';
    const areWanted = async () => {
      const { items } = await this.#api.read<{ items: EndpointSlice[] }>(
        `/apis/discovery.k8s.io/v1/namespaces/${where}/endpointslices?labelSelector=kubernetes.io/service-name=${name}`,
      );
      const ready = items.flatMap(({ endpoints }) =>
        (endpoints ?? []).filter(({ conditions }) => conditions.ready),
      );
      found = ready
        .flatMap((endpoint) => endpoint.addresses)
        .sort()
        .join(' ');
      return found === wanted;
    };
    const fallback = () => {
      throw new Error(`the endpoints of ${name} in ${where} are "${found}" after 60 s, not "${wanted}"`);
    };
    await pWaitFor(areWanted, { interval: 100, timeout: { milliseconds: 60_000, fallback } });
  }
}

/** Those of the world, and those that rules bring for its versions. */
function servicesOf(state: SceneState): KubernetesObject[] {
  const names = new Set(state.world.services.map(({ name }) => name));
  const written = state.rules().filter(({ kind }) => kind === 'Service') as KubernetesObject[];
  return [...services(state.world), ...written.filter((one) => names.has(selectorOf(one).app ?? ''))];
}

function isBehind(service: KubernetesObject, { metadata }: KubernetesObject): boolean {
  const isSelected = Object.entries(selectorOf(service)).every(
    ([name, value]) => metadata.labels?.[name] === value,
  );
  return isSelected && metadata.namespace === service.metadata.namespace;
}

function selectorOf({ spec }: KubernetesObject): Readonly<Record<string, string>> {
  return (spec as { selector?: Record<string, string> } | undefined)?.selector ?? {};
}

/** What a pod has to be made anew for. */
function keyOf({ service, version, isGrpc }: Wanted): string {
  const { name, namespace, port, standIn, calls } = service;
  const { labels, env, ready } = version;
  return JSON.stringify([
    ...[name, namespace, port, standIn, calls, isGrpc],
    ...[version.name, labels, env, ready],
  ]);
}

interface EndpointSlice {
  endpoints: { addresses: string[]; conditions: { ready: boolean } }[] | null;
}
