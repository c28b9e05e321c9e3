/** Reads objects of a cluster, with the rights of the user's kubeconfig and no more: lists, never changes. */

/** What every object of Kubernetes has. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
    /** Grows with each change of the spec. */
    generation?: number;
    deletionTimestamp?: string;
    managedFields?: { manager?: string; time?: string; subresource?: string }[];
    ownerReferences?: { kind: string; name: string }[];
  };
}

/** A kind of objects: its group with version (`v1` for the core's), and its plural. */
export interface Resource {
  group: string;
  plural: string;
  kind: string;
  /** Group and version that it had before, where clusters may not have `group` yet. */
  older?: string;
  /** Of the cluster as a whole, not of a namespace. */
  clusterScoped?: true;
}

export interface Listing<T> {
  items: readonly T[];
  /** Namespaces that were read; undefined: all. */
  namespaces?: readonly string[];
  /** Why not all could be read: no right to. */
  refused?: string;
  /** The cluster has no such kind. */
  isUnknown?: true;
}

/** A no of the API server that says something about what is there, or who may see it. */
export interface Refusal {
  reason: 'Forbidden' | 'NotFound';
  message: string;
}

/** What answers GET of a path of the Kubernetes API: a Cluster does, by a kubectl for each. */
interface ApiServer {
  /** @throws where the cluster does not answer */
  raw(path: string): Promise<string | Refusal>;
}

export class ObjectReader {
  readonly #api: ApiServer;

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /**
   * All objects of a kind; where the user may not read them all, those of `otherwise`, as far as he may. A kind that the
   * cluster does not have is an empty list.
   * @throws Failure where the cluster does not answer
   */
  async list<T extends KubernetesObject>(
    resource: Resource,
    otherwise: readonly string[] = [],
  ): Promise<Listing<T>> {
    const all = await this.#get<T>(resource);
    if (!('refused' in all)) return all;
    if (resource.clusterScoped) return { items: [], ...all };
    const read = await Promise.all(
      otherwise.map(async (namespace) => ({ namespace, ...(await this.#get<T>(resource, namespace)) })),
    );
    const seen = read.filter((one) => !('refused' in one));
    return {
      items: seen.flatMap((one) => ('items' in one ? one.items : [])),
      namespaces: seen.map(({ namespace }) => namespace),
      refused: all.refused,
    };
  }

  /** One object; undefined where it is not there or may not be read. */
  async find<T extends KubernetesObject>(
    resource: Resource,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const text = await this.#api.raw(`${pathOf(resource, namespace)}/${name}`);
    return typeof text === 'string' ? (JSON.parse(text) as T) : undefined;
  }

  async #get<T extends KubernetesObject>(
    resource: Resource,
    namespace?: string,
  ): Promise<{ items: T[]; isUnknown?: true } | { refused: string }> {
    const text = await this.#api.raw(pathOf(resource, namespace));
    if (typeof text !== 'string') {
      const { older, ...rest } = resource;
      if (text.reason === 'NotFound' && older) return this.#get({ ...rest, group: older }, namespace);
      return text.reason === 'Forbidden' ? { refused: text.message } : { items: [], isUnknown: true };
    }
    const { items } = JSON.parse(text) as { items: T[] };
    // The items of a list do not say what they are.
    const { group: apiVersion, kind } = resource;
    return { items: items.map((item) => ({ ...item, apiVersion, kind })) };
  }
}

/** Where the API server has them: `/apis/networking.istio.io/v1/namespaces/shop/virtualservices`. */
export function pathOf({ group, plural }: Resource, namespace?: string): string {
  const root = group.includes('/') ? `/apis/${group}` : `/api/${group}`;
  return `${root}/${namespace ? `namespaces/${namespace}/` : ''}${plural}`;
}
