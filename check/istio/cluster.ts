/**
 * Istio on a Kubernetes cluster as an engine. Scenes run side by side, each in a slot: namespaces of its own with
 * an ingress gateway, a client with sidecar, and one more in another namespace. Where a scene says `coloring`,
 * `elsewhere`, `istio-system` or `ingressgateway`, its slot's own names are put, and taken back out of what is seen.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../runtime/failure.ts';
import type { Engine } from '../engine.ts';
import { FrontPods } from './front-pods.ts';
import { Kubernetes, type KubernetesObject } from './kubernetes.ts';
import { gatewayPod, namespace, programs, runAnnotation, secretReaders, sessionPod } from './manifests.ts';
import { type SlotNames, slotNames } from './names.ts';
import { PodSession } from './pod-session.ts';
import { addressWhen, createPod } from './pod-status.ts';
import { key, outsidePort, Slot } from './slot.ts';
import { SlotQueue } from './slot-queue.ts';
import { snapshotDifferences, snapshotInWords, takeSnapshot } from './snapshot.ts';
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

/** Ports of the echo for each slot. */
const portsPerSlot = 500;

/** @throws Failure where another run is at work there */
export async function startCluster(options: ClusterOptions): Promise<Engine> {
  const { context, slots = 6, image, root = 'conform', onProgress = () => {} } = options;
  const api = await Kubernetes.connect(context);
  await removeLeftovers(api, root, onProgress).catch(async (error) => {
    await api.close();
    throw error;
  });
  const before = await takeSnapshot(api);
  const names = Array.from({ length: slots }, (_, i) => slotNames(`${root}-${i + 1}`));
  const injected = names.flatMap(({ main, elsewhere, system }) => [main, elsewhere, system]);
  const closers: (() => Promise<void>)[] = [];
  const run = `${hostname()} ${process.pid}`;

  async function takeAway(): Promise<void> {
    await Promise.all(closers.map((closer) => closer()));
    await removeNamespaces(api, [root, ...injected]);
    const after = await takeSnapshot(api);
    await api.close();
    const changed = snapshotDifferences(before, after);
    if (changed.length > 0) throw new Failure(`the cluster is not as before: ${changed.join(', ')}`);
    onProgress(`the cluster is as before: ${snapshotInWords(after)}`);
  }
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= takeAway();
    return closing;
  };

  const aborted = new Promise<never>((_, reject) => {
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
  });
  aborted.catch(() => {}); // Told where it is waited for.
  try {
    options.signal?.throwIfAborted();
    onProgress(`${slots} slots with a gateway and two clients each`);
    await api.apply(namespace(root, false, run));
    await Promise.all(injected.map((name) => api.apply(namespace(name, true, run))));
    const grpc = options.grpc ? await (await import('./bundle-grpc.ts')).bundleGrpc() : undefined;
    await Promise.all([root, ...injected].map((name) => api.apply(programs(name, grpc))));
    await Promise.all(names.flatMap(({ system }) => secretReaders(system)).map((one) => api.apply(one)));
    const outsidePod = sessionPod('outside', root, {}, image);
    const nodePod = options.services && sessionPod('node', root, {}, image, { hostNetwork: true });
    const perSlot = names.map((one) => podsOf(one, image));
    const pods = [outsidePod, ...(nodePod ? [nodePod] : []), ...perSlot.flatMap(Object.values)];
    options.signal?.throwIfAborted();
    const addresses = await Promise.race([addressesOf(api, pods), aborted]);
    const open = (pod: KubernetesObject) => {
      const session = new PodSession(context, pod.metadata.namespace ?? '', pod.metadata.name);
      closers.push(() => session.close());
      return session;
    };
    const outside = {
      session: open(outsidePod),
      address: addresses.get(key(outsidePod)) ?? '',
      namespace: root,
    };
    const node = nodePod && open(nodePod);
    const outsidePart = { service: 'outside', version: 'v1', endpoint: 'v1-0', misbehavior: '' };
    await outside.session.play([{ part: outsidePart, port: outsidePort }]);
    const all = perSlot.map(({ client, elsewhere, gateway }, i) => {
      const slot = names[i] as SlotNames;
      const versions = options.services && new VersionPods(api, slot, options.services);
      if (versions) closers.push(() => versions.close());
      const gatewayAddress = addresses.get(key(gateway)) ?? '';
      const fronts =
        options.nginx && new FrontPods(api, slot, { nginx: options.nginx, node: image }, gatewayAddress);
      if (fronts) closers.push(() => fronts.close());
      return new Slot(slot, {
        api,
        outside,
        client: open(client),
        elsewhere: open(elsewhere),
        ...(node && { node }),
        gatewayAddress,
        firstPort: 20_000 + portsPerSlot * i,
        ports: portsPerSlot,
        ...(versions && { pods: versions }),
        ...(fronts && { fronts }),
      });
    });
    const queue = new SlotQueue(all);
    return {
      name: `Istio on ${context}`,
      kind: 'cluster',
      // Scenes that wait for their slot have their pods started meanwhile.
      capacity: options.services ? 16 * slots : slots,
      open: async (scene) => (await queue.take(scene)).stage(scene),
      close,
    };
  } catch (error) {
    await close().catch(() => {}); // The first error says more.
    throw error;
  }
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
    client: sessionPod('client', main, labels, image),
    elsewhere: sessionPod('client', elsewhere, labels, image),
    gateway: gatewayPod(system, gatewayLabel),
  };
}

/** Takes away what a run has left that was killed; one that still runs, or may, is named. */
async function removeLeftovers(
  api: Kubernetes,
  root: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const { items } = await api.read<{ items: KubernetesObject[] }>('/api/v1/namespaces');
  const found = items.filter(({ metadata: { name } }) => name === root || name.startsWith(`${root}-`));
  if (found.length === 0) return;
  const names = found.map(({ metadata }) => metadata.name);
  const alive = found.filter(({ metadata }) => !isDead(metadata.annotations?.[runAnnotation] ?? ''));
  if (alive.length > 0) {
    throw new Failure(
      `another run is at work on ${api.context}, or was ended where this computer cannot see it. ` +
        `To remove what it made: kubectl --context ${api.context} delete namespace ${names.join(' ')}`,
      2,
    );
  }
  onProgress(`removing what a killed run has left: ${names.join(', ')}`);
  await removeNamespaces(api, names);
}

/** Whether the process that made something was one of this computer, and is gone. */
function isDead(run: string): boolean {
  const [host, pid] = run.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Resolves when they are gone. */
async function removeNamespaces(api: Kubernetes, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => api.delete(namespace(name, false, ''))));
  for (const name of names) while (await api.get(namespace(name, false, ''))) await sleep(300);
}
