/** What answers in a scene on the local mesh: ports of the echo, or processes of the kit's services (pair.ts). */
import type { Mesh } from '../../mesh/mesh.ts';
import type { Registry } from '../../mesh/network/registry.ts';
import type { Echo, Part } from '../agent/echo.ts';
import type { SceneState } from '../scene-state.ts';

export const address = '127.0.0.1';

export interface Upstream {
  /** What runs, with each of its endpoints listening. */
  registry(state: SceneState): Promise<Registry>;
  /** Puts sidecars beside those that call others. */
  attach(mesh: Mesh): Promise<void>;
  counts?(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** The endpoints of a scene: a port of the echo for each, as long as the scene is up. */
export class EchoUpstream implements Upstream {
  readonly #echo: Echo;
  readonly #ports = new Map<string, number>();

  constructor(echo: Echo) {
    this.#echo = echo;
  }

  async registry(state: SceneState): Promise<Registry> {
    const endpoints = await Promise.all(
      state.endpoints().map(async (part) => ({
        service: part.service,
        name: part.endpoint,
        address,
        port: await this.#port(part),
        labels: state.labels(part),
        ready: true,
      })),
    );
    return {
      services: state.world.services.map(({ name, namespace, port, protocol }) => ({
        name,
        namespace,
        ports: [{ name: protocol, number: port }],
        endpoints: endpoints.filter(({ service }) => service === name),
      })),
    };
  }

  async attach(): Promise<void> {} // The echo calls nobody.

  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => this.#echo.stop(port)));
  }

  async #port(part: Part): Promise<number> {
    const key = `${part.service}/${part.endpoint}`;
    const port = this.#ports.get(key) ?? (await this.#echo.play(part, 0));
    this.#ports.set(key, port);
    return port;
  }
}
