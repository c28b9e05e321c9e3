/**
 * Istio on a Kubernetes cluster as an engine. Scenes run side by side, each in a slot: namespaces of its own with
 * an ingress gateway, a client with sidecar, and one more in another namespace. Where a scene says `coloring`,
 * `elsewhere`, `istio-system` or `ingressgateway`, its slot's own names are put, and taken back out of what is seen.
 */
import type { Engine } from '../engine.ts';
import { FrontPods } from './front-pods.ts';
import { Ground } from './ground.ts';
import { key } from './held-objects.ts';
import { Kubernetes, type KubernetesObject } from './kubernetes.ts';
import { secretReaders } from './manifests.ts';
import { type SlotNames, slotNames } from './names.ts';
import { gatewayPod, sessionPod } from './pod-manifests.ts';
import { addressWhen, createPod } from './pod-status.ts';
import { Slot } from './slot.ts';
import { SlotQueue } from './slot-queue.ts';
import { SlotSite } from './slot-site.ts';
import { VersionPods } from './version-pods.ts';

export interface ClusterOptions {
  /** Of kubectl's configuration. */
  context: string;
  /** Scenes at the same time; three proxies each. */
  slots?: number;
  /** Any image with Node 22.18 or newer. */
  image: string;
  /** Images of the kit's services, by program, that the cluster has: for scenes where they answer. */
  services?: Readonly<Record<string, string>>;
  /** Whether some of them are to speak gRPC. */
  grpc?: boolean;
  /** An image with nginx that the cluster has. */
  nginx?: string;
  /** Everything that a check makes lies in namespaces with this name or one that begins with it. */
  root?: string;
  /** Ends the start, and takes away what is there by then. */
  signal?: AbortSignal;
  /** Told what is going on, a line each. */
  onProgress?: (line: string) => void;
}

/** Where the upstream stands for every outside host. Sidecars know port 80 as HTTP, whoever is called there. */
const outsidePort = 80;

/** Ports of the echo for each slot. */
const portsPerSlot = 500;

/** @throws Failure where another run is at work there */
export async function startCluster(options: ClusterOptions): Promise<Engine> {
  const { context, slots = 6, root = 'conform', onProgress = () => {}, signal } = options;
  const names = Array.from({ length: slots }, (_, i) => slotNames(`${root}-${i + 1}`));
  const ground = await Ground.claim({
    api: await Kubernetes.connect(context),
    root,
    injected: names.flatMap(({ main, elsewhere, system }) => [main, elsewhere, system]),
    onProgress,
  });
  try {
    signal?.throwIfAborted();
    onProgress(`${slots} slots with a gateway and two clients each`);
    await ground.prepare(options.grpc ? await (await import('./bundle-grpc.ts')).bundleGrpc() : undefined);
    signal?.throwIfAborted();
    const queue = new SlotQueue(await slotsOn(ground, names, options));
    return {
      name: `Istio on ${context}`,
      kind: 'cluster',
      // Scenes that wait for their slot have their pods started meanwhile.
      capacity: options.services ? 16 * slots : slots,
      open: async (scene) => SlotSite.open(await queue.take(scene), scene),
      close: () => ground.close(),
    };
  } catch (error) {
    await ground.close().catch(() => {}); // The first error says more.
    throw error;
  }
}

/** Never resolves; rejects with the reason when the signal is given. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}

/** Starts the pods of all slots, and one that stands outside of them. */
async function slotsOn(
  ground: Ground,
  names: readonly SlotNames[],
  options: ClusterOptions,
): Promise<Slot[]> {
  const { api, root } = ground;
  const { image, services } = options;
  await Promise.all(names.flatMap(({ system }) => secretReaders(system)).map((one) => api.apply(one)));
  const outsidePod = sessionPod({ name: 'outside', namespace: root, labels: {} }, image);
  const nodePod =
    services && sessionPod({ name: 'node', namespace: root, labels: {} }, image, { hostNetwork: true });
  const slots = names.map((own) => ({ own, pods: podsOf(own, image) }));
  const all = [
    outsidePod,
    ...(nodePod ? [nodePod] : []),
    ...slots.flatMap(({ pods }) => Object.values(pods)),
  ];
  const addresses = await Promise.race([addressesOf(api, all), abortOf(options.signal)]);
  const outside = {
    session: ground.open(outsidePod),
    address: addresses.get(key(outsidePod)) ?? '',
    port: outsidePort,
    namespace: root,
  };
  const node = nodePod && ground.open(nodePod);
  const outsidePart = { service: 'outside', version: 'v1', endpoint: 'v1-0', misbehavior: '' };
  await outside.session.play([{ part: outsidePart, port: outsidePort }]);
  return slots.map(({ own, pods }, i) => {
    const gatewayAddress = addresses.get(key(pods.gateway)) ?? '';
    const answering = answeringIn(ground, own, options, gatewayAddress);
    return new Slot(own, {
      api,
      outside,
      client: ground.open(pods.client),
      elsewhere: ground.open(pods.elsewhere),
      ...(node && { node }),
      gatewayAddress,
      firstPort: 20_000 + portsPerSlot * i,
      ports: portsPerSlot,
      ...answering,
    });
  });
}

/** Where the kit's services, and an nginx in front of them, can answer in a slot. */
function answeringIn(
  ground: Ground,
  names: SlotNames,
  { services, nginx, image }: ClusterOptions,
  gatewayAddress: string,
): { pods?: VersionPods; fronts?: FrontPods } {
  const pods = services && ground.closing(new VersionPods(ground.api, names, services));
  const images = nginx ? { nginx, node: image } : undefined;
  const fronts = images && ground.closing(new FrontPods(ground.api, names, images, gatewayAddress));
  return { ...(pods && { pods }), ...(fronts && { fronts }) };
}

/** Creates them; resolves to their addresses when all are ready. */
async function addressesOf(api: Kubernetes, pods: readonly KubernetesObject[]): Promise<Map<string, string>> {
  await Promise.all(pods.map((pod) => createPod(api, pod)));
  const ready = pods.map(async (pod) => [key(pod), await addressWhen(api, pod, 'Ready')] as const);
  return new Map(await Promise.all(ready));
}

function podsOf({ main, elsewhere, system, gatewayLabel }: SlotNames, image: string) {
  const labels = { app: 'client', version: 'release' };
  return {
    client: sessionPod({ name: 'client', namespace: main, labels }, image),
    elsewhere: sessionPod({ name: 'client', namespace: elsewhere, labels }, image),
    gateway: gatewayPod(system, gatewayLabel),
  };
}
