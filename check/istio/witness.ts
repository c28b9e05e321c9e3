/**
 * Tells whether a proxy, or a node, knows the endpoints that there are now. They learn of them later than the API server
 * does, and in the meantime send requests to pods that are gone. The witness is a Service whose only endpoint is another
 * one after each change: whoever reaches the new one has been told of every endpoint before it.
 */
import type { Reply, RequestBatch } from '../agent/agent.ts';
import type { Kubernetes } from './kubernetes.ts';
import { witness, witnessPort } from './marker.ts';
import type { PodSession } from './pod-session.ts';
import { probe } from './probe.ts';

/** More than the changes that somebody may not have heard of. */
export const witnessPorts = 10;

export class Witness {
  readonly #api: Kubernetes;
  readonly #namespace: string;
  readonly #outside: { session: PodSession; address: string };
  readonly #firstPort: number;
  #endpoints: string | undefined;
  #changes = 0;
  #address = '';

  /** @param outside where its endpoints listen, from this port on */
  constructor(
    api: Kubernetes,
    namespace: string,
    outside: { session: PodSession; address: string },
    firstPort: number,
  ) {
    this.#api = api;
    this.#namespace = namespace;
    this.#outside = outside;
    this.#firstPort = firstPort;
  }

  /** Changes its endpoint, where those of the scene have changed. @param endpoints of the scene, in any words */
  async follow(endpoints: string): Promise<void> {
    if (endpoints === this.#endpoints) return;
    const endpoint = String(++this.#changes);
    const port = this.#firstPort + (this.#changes % witnessPorts);
    const part = { service: 'check-witness', version: 'v1', endpoint, misbehavior: '' };
    const { session, address } = this.#outside;
    await session.play([{ part, port }]);
    const objects = witness(this.#namespace, address, port);
    for (const object of objects) await this.#api.apply(object);
    const [service] = objects;
    this.#address = (await this.#api.get<{ spec: { clusterIP: string } }>(service))?.spec.clusterIP ?? '';
    this.#endpoints = endpoints;
  }

  /** Whether this is the answer of its present endpoint. */
  isKnown = (reply: Reply): boolean => reply.body.includes(`"endpoint":"${this.#changes}"`);

  /** A request by way of the node, whose own rules lead to the endpoint. */
  request(): RequestBatch {
    return probe(this.#address, witnessPort, '/', 'check-witness');
  }
}
