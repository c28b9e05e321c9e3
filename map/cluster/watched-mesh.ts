/**
 * What a cluster has, kept up to date: watches tell that something has changed; what it is, is then read as a whole. A
 * cluster that does not answer is asked again until it does.
 */
import type { Cluster } from '../../cluster/cluster.ts';
import { type ObjectReader, pathOf } from '../../cluster/objects.ts';
import { followKubectl } from '../../cluster/stream.ts';
import { type LiveMesh, readMesh } from '../../explain/live/live-mesh.ts';
import { type ResourceName, resources } from '../../explain/live/resources.ts';

export interface WatchedMeshOptions {
  cluster: Cluster;
  objects: ObjectReader;
  /** Whose pods are watched; and read where the user may not read all. */
  namespaces: readonly string[];
  /** Told after each reading, and of each one that failed. */
  onChange: () => void;
  signal: AbortSignal;
}

/** Changes of other objects are seen with the next one of these. */
const watched: readonly ResourceName[] = [
  'pods',
  'virtualServices',
  'destinationRules',
  'gateways',
  'envoyFilters',
  'apiGateways',
  'httpRoutes',
  'grpcRoutes',
];

/** From the first change until all is read anew: changes come in bunches. */
const settleMs = 1_000;
/** Between two questions to a cluster that does not answer. */
const againMs = 2_000;

export class WatchedMesh {
  readonly #options: WatchedMeshOptions;
  readonly #unwatched = new Set<string>();
  #now: LiveMesh;
  #silence: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #due: NodeJS.Timeout | undefined;

  private constructor(options: WatchedMeshOptions, now: LiveMesh) {
    this.#options = options;
    this.#now = now;
    for (const name of watched) this.#watch(name);
    options.signal.addEventListener('abort', () => clearTimeout(this.#due));
  }

  /** @throws Failure where the cluster does not answer */
  static async open(options: WatchedMeshOptions): Promise<WatchedMesh> {
    return new WatchedMesh(options, await readMesh(options.objects, options.namespaces));
  }

  /** As it was read last. */
  get now(): LiveMesh {
    return this.#now;
  }

  /** Why the cluster cannot be read at the moment. */
  get silence(): string | undefined {
    return this.#silence;
  }

  /** What the user may not watch, a line each. */
  get unwatched(): readonly string[] {
    return [...this.#unwatched];
  }

  /** Reads it now. Never fails: where the cluster does not answer, `silence` says so. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { objects, namespaces, onChange, signal } = this.#options;
    try {
      // One question is enough to hear that nobody is there.
      if (this.#silence !== undefined) await objects.list(resources.namespaces);
      this.#now = await readMesh(objects, namespaces);
      this.#silence = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#silence = (error as Error).message;
      this.#readIn(againMs);
    }
    if (!signal.aborted) onChange();
  }

  #readIn(ms: number): void {
    if (this.#options.signal.aborted) return;
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      void this.read();
    }, ms);
  }

  #watch(name: ResourceName): void {
    const { cluster, signal, onChange, namespaces } = this.#options;
    const resource = resources[name];
    const { refused, namespaces: seen = [], isUnknown } = this.#now.snapshot[name];
    if (isUnknown) return;
    const all = name === 'pods' ? namespaces : [undefined];
    for (const namespace of refused === undefined ? all : seen) {
      const what = `changes of ${resource.kind}${namespace ? ` in ${namespace}` : ''}`;
      const note = `no right to watch: ${what} are seen only when something else changes`;
      const onLine = () => {
        this.#unwatched.delete(note);
        this.#readIn(settleMs);
      };
      const onFailure = (_: string, isRefused: boolean) => {
        if (!isRefused) this.#readIn(settleMs);
        else if (!this.#unwatched.has(note)) {
          this.#unwatched.add(note);
          onChange();
        }
      };
      const args = () => ['get', '--raw', `${pathOf(resource, namespace)}?watch=true`];
      void followKubectl(cluster.context, args, { onLine, onFailure }, signal);
    }
  }
}
