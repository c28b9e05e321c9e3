/**
 * What a run makes for itself on a cluster, from namespaces to sessions: it is all taken away at its end, and the cluster
 * compared with what it was before.
 */
import { hostname } from 'node:os';
import pWaitFor from 'p-wait-for';
import { Failure } from '../../runtime/failure.ts';
import type { Kubernetes, KubernetesObject } from './kubernetes.ts';
import { namespace, programs, runAnnotation } from './manifests.ts';
import { PodSession } from './pod-session.ts';
import { snapshotDifferences, snapshotInWords, takeSnapshot } from './snapshot.ts';

interface GroundOptions {
  api: Kubernetes;
  /** Everything that a run makes lies in namespaces with this name or one that begins with it. */
  root: string;
  /** The namespaces where pods get sidecars. */
  injected: readonly string[];
  onProgress: (line: string) => void;
}

/** What has to be closed before the namespaces go. */
interface Closable {
  close(): Promise<void>;
}

export class Ground {
  readonly api: Kubernetes;
  readonly root: string;
  readonly #options: GroundOptions;
  readonly #before: Awaited<ReturnType<typeof takeSnapshot>>;
  readonly #closables: Closable[] = [];
  #closing: Promise<void> | undefined;

  private constructor(options: GroundOptions, before: Awaited<ReturnType<typeof takeSnapshot>>) {
    this.api = options.api;
    this.root = options.root;
    this.#options = options;
    this.#before = before;
  }

  /**
   * Removes what a killed run has left, and looks at what is there.
   * @throws Failure where another run is at work
   */
  static async claim(options: GroundOptions): Promise<Ground> {
    const { api, root, onProgress } = options;
    await removeLeftovers(api, root, onProgress).catch(async (error) => {
      await api.close();
      throw error;
    });
    return new Ground(options, await takeSnapshot(api));
  }

  /** Makes the namespaces, with the programs of their pods. @param grpc grpc.ts and its library, where it is needed */
  async prepare(grpc: string | undefined): Promise<void> {
    const { injected } = this.#options;
    const run = `${hostname()} ${process.pid}`;
    await this.api.apply(namespace(this.root, false, run));
    await Promise.all(injected.map((name) => this.api.apply(namespace(name, true, run))));
    await Promise.all([this.root, ...injected].map((name) => this.api.apply(programs(name, grpc))));
  }

  /** A session in this pod. */
  open({ metadata: { name, namespace = '' } }: KubernetesObject): PodSession {
    return this.closing(new PodSession(this.api.context, namespace, name));
  }

  /** Closes it with the ground. */
  closing<One extends Closable>(one: One): One {
    this.#closables.push(one);
    return one;
  }

  /** Takes everything away, once. @throws Failure where the cluster is not as it was */
  close(): Promise<void> {
    this.#closing ??= this.#takeAway();
    return this.#closing;
  }

  async #takeAway(): Promise<void> {
    const { injected, onProgress } = this.#options;
    await Promise.all(this.#closables.map((one) => one.close()));
    await removeNamespaces(this.api, [this.root, ...injected]);
    const after = await takeSnapshot(this.api);
    await this.api.close();
    const changed = snapshotDifferences(this.#before, after);
    if (changed.length > 0) throw new Failure(`the cluster is not as before: ${changed.join(', ')}`);
    onProgress(`the cluster is as before: ${snapshotInWords(after)}`);
  }
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
  const areGone = async () => {
    const found = await Promise.all(names.map((name) => api.get(namespace(name, false, ''))));
    return found.every((one) => !one);
  };
  await pWaitFor(areGone, { interval: 300 });
}
