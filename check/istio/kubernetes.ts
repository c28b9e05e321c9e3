/** The API server of a cluster, as far as a check needs it: through `kubectl proxy`, with the rights of its user. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { firstLine } from '../../runtime/first-line.ts';

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: unknown;
  /** Of a Role. */
  rules?: unknown;
  /** Of a RoleBinding. */
  subjects?: unknown;
  roleRef?: unknown;
  data?: Record<string, string>;
  status?: unknown;
  /** Of an EndpointSlice. */
  addressType?: string;
  endpoints?: unknown;
  ports?: unknown;
}

/** What the API server, or an admission webhook behind it, said no to. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export class Kubernetes {
  readonly context: string;
  readonly #proxy: ChildProcess;
  readonly #url: string;

  private constructor(context: string, proxy: ChildProcess, url: string) {
    this.context = context;
    this.#proxy = proxy;
    this.#url = url;
  }

  /** @param context of kubectl's configuration */
  static async connect(context: string): Promise<Kubernetes> {
    const proxy = spawn('kubectl', ['--context', context, 'proxy', '--port=0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const port = await firstLine(proxy, proxy.stdout, (line) => /:(\d+)/.exec(line)?.[1]).catch((error) => {
      throw new Error(`kubectl --context ${context} proxy: ${error.message}`);
    });
    return new Kubernetes(context, proxy, `http://127.0.0.1:${port}`);
  }

  /** Creates or changes an object (server-side apply). @throws ApiError */
  async apply(object: KubernetesObject): Promise<void> {
    await this.#request('PATCH', `${pathOf(object)}?fieldManager=check&force=true`, object);
  }

  /** Changes fields of an object's status, those of lists by their key. @throws ApiError */
  async patchStatus(object: KubernetesObject, status: unknown): Promise<void> {
    await this.#request('PATCH', `${pathOf(object)}/status`, { status }, 'strategic-merge-patch+json');
  }

  /** Deletes it; quiet where it is gone already. */
  async delete(object: KubernetesObject): Promise<void> {
    await this.#request('DELETE', pathOf(object)).catch((error) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
  }

  async get<T = KubernetesObject>(object: KubernetesObject): Promise<T | undefined> {
    try {
      return (await this.#request('GET', pathOf(object))) as T;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** What the API server answers to GET of this path, as it is; that it is not there is an answer too. @throws ApiError */
  async raw(path: string): Promise<string | { reason: 'NotFound'; message: string }> {
    const response = await fetch(`${this.#url}${path}`);
    const text = await response.text();
    if (response.ok) return text;
    if (response.status === 404) return { reason: 'NotFound', message: text.trim() };
    throw new ApiError(response.status, text);
  }

  /** @param path of the API, `/version` */
  async read<T>(path: string): Promise<T> {
    return (await this.#request('GET', path)) as T;
  }

  /** The URL by which a pod's port is reached on this computer, as long as this connection is open. */
  podUrl(namespace: string, pod: string, port: number): string {
    return `${this.#url}/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy`;
  }

  /** What a container wrote in the last seconds. */
  async log(namespace: string, pod: string, container: string, seconds: number): Promise<string> {
    const query = `container=${container}&sinceSeconds=${seconds}`;
    const response = await fetch(`${this.#url}/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`);
    const text = await response.text();
    if (!response.ok) throw new ApiError(response.status, text);
    return text;
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.#proxy.kill();
    if (this.#proxy.exitCode === null && this.#proxy.signalCode === null) await once(this.#proxy, 'exit');
  }

  async #request(method: string, path: string, body?: unknown, type = 'apply-patch+yaml'): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': `application/${type}` }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const answer = isJson
      ? (JSON.parse(text) as { message?: string })
      : { message: `${method} ${path}: ${text.trim()}` };
    if (!response.ok)
      throw new ApiError(response.status, answer.message ?? `${method} ${path}: ${response.status}`);
    return answer;
  }
}

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = kind
    .toLowerCase()
    .replace(/([^aeiou])y$/, '$1ie')
    .replace(/ss$/, 'sse');
  return `${root}${namespace ? `/namespaces/${namespace}` : ''}/${plural}s/${name}`;
}
