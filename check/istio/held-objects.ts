/** What a slot has in the cluster: brought to what it should have, in the right order, object by object. */
import { inParallel } from '../../runtime/in-parallel.ts';
import { RulesRefused } from '../engine.ts';
import { inOrder, tooOld } from './creation.ts';
import { ApiError, type Kubernetes, type KubernetesObject } from './kubernetes.ts';

/** Requests to the API server. */
const atATime = 8;

export class HeldObjects {
  readonly #api: Kubernetes;
  /** Their text, by key. */
  #present = new Map<string, string>();

  constructor(api: Kubernetes) {
    this.#api = api;
  }

  /**
   * Makes these the only ones.
   * @param last applied when the others are there, and `settle` has resolved
   * @throws RulesRefused with what the API server says of those that it does not take
   */
  async hold(
    objects: readonly KubernetesObject[],
    last: readonly KubernetesObject[],
    settle: () => Promise<void>,
  ): Promise<void> {
    const wanted = new Map([...objects, ...last].map((object) => [key(object), JSON.stringify(object)]));
    const present = [...this.#present.values()].map((text) => JSON.parse(text) as KubernetesObject);
    const anew = new Set(tooOld(present, objects, key).map(key));
    const gone = [...this.#present.keys()].filter((id) => !wanted.has(id) || anew.has(id));
    const changed = objects.filter(
      (object) => anew.has(key(object)) || this.#present.get(key(object)) !== wanted.get(key(object)),
    );
    const problems: string[] = [];
    const apply = async (object: KubernetesObject) => {
      try {
        await this.#api.apply(object);
        this.#present.set(key(object), JSON.stringify(object));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        problems.push(`${object.kind} ${object.metadata.name}: ${error.message}`);
      }
    };
    await inParallel(gone, atATime, async (id) => {
      await this.#api.delete(JSON.parse(this.#present.get(id) as string));
      this.#present.delete(id);
    });
    await inParallel(inOrder(changed), atATime, async (one) => {
      for (const object of one) await apply(object);
    });
    if (problems.length === 0) await settle();
    // Only now: a proxy that has the marker has everything before it.
    await inParallel(last, atATime, apply);
    if (problems.length > 0) throw new RulesRefused(problems);
  }
}

/** `networking.istio.io/v1 VirtualService shop/api` */
export function key({ apiVersion, kind, metadata }: KubernetesObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}
