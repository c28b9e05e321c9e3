/**
 * The way without a mesh to the endpoints of the echo: Services whose endpoints the node itself knows. They lie where
 * no sidecar of a scene looks, so that to proxies the scene's own Services stay the only ones.
 */

import pWaitFor from 'p-wait-for';
import type { Kubernetes, KubernetesObject } from './kubernetes.ts';
import type { Placed } from './manifests.ts';
import type { PodSession } from './pod-session.ts';
import { probe } from './probe.ts';

const longestMs = 60_000;

/** Where an echo plays all endpoints. */
interface Where {
  session: PodSession;
  address: string;
  namespace: string;
}

export class PlainServices {
  readonly #api: Kubernetes;
  readonly #where: Where;
  readonly #prefix: string;
  /** By service, then by name. */
  readonly #made = new Map<string, Map<string, KubernetesObject>>();

  /** @param prefix of the names of what it makes */
  constructor(api: Kubernetes, where: Where, prefix: string) {
    this.#api = api;
    this.#where = where;
    this.#prefix = prefix;
  }

  /** The address of a Service with these endpoints, and no others; in force when it returns. */
  async addressOf(service: string, port: number, placed: readonly Placed[]): Promise<string> {
    const objects = this.#objects(service, port, placed);
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    const made = this.#made.get(service) ?? new Map<string, KubernetesObject>();
    this.#made.set(service, made);
    for (const [name, object] of made) {
      if (names.has(name)) continue;
      await this.#api.delete(object);
      made.delete(name);
    }
    for (const object of objects) {
      await this.#api.apply(object);
      made.set(object.metadata.name, object);
    }
    const [first] = objects;
    const found = first && (await this.#api.get<{ spec: { clusterIP: string } }>(first));
    const address = found?.spec.clusterIP ?? '';
    await this.#untilReached(address, port, new Set(placed.map(({ endpoint }) => endpoint)));
    return address;
  }

  async close(): Promise<void> {
    for (const made of this.#made.values())
      for (const object of made.values()) await this.#api.delete(object);
    this.#made.clear();
  }

  /** Each endpoint in a slice of its own: their ports differ. */
  #objects(service: string, port: number, placed: readonly Placed[]): KubernetesObject[] {
    const { namespace, address } = this.#where;
    const name = `${this.#prefix}-${service}`;
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: { ports: [{ name: 'http', port }] },
      },
      ...placed.map((one) => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-${one.endpoint}`,
          namespace,
          labels: { 'kubernetes.io/service-name': name },
        },
        addressType: 'IPv4',
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
        ports: [{ name: 'http', port: one.port }],
      })),
    ];
  }

  /** The node learns of them later than the API server. */
  async #untilReached(address: string, port: number, endpoints: Set<string>): Promise<void> {
    if (endpoints.size === 0) return;
    const areReached = async () => {
      const [replies = []] = await this.#where.session.send([
        { ...probe(address, port, '/', address), times: 10 },
      ]);
      for (const { body } of replies) endpoints.delete(/"endpoint":"([^"]+)"/.exec(body)?.[1] ?? '');
      return endpoints.size === 0;
    };
    const fallback = () => {
      throw new Error(`a Service leads nobody to ${[...endpoints].join(', ')} after 60 s`);
    };
    await pWaitFor(areReached, { interval: 100, timeout: { milliseconds: longestMs, fallback } });
  }
}
