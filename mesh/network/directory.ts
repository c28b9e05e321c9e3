/**
 * What an app without proxies has in a cluster: DNS, which knows services by name, and kube-proxy, which spreads
 * connections over their ready endpoints. It knows no rules.
 */
import type { Address } from '../proxy/address.ts';
import type { Registry, Service } from './registry.ts';

export class Directory {
  #registry: Registry;
  #next = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  use(registry: Registry): void {
    this.#registry = registry;
  }

  /**
   * Where a connection to `host:port` leads, for a caller in `namespace`: an outside host as it is; a ready endpoint
   * of a service, each in turn; undefined where the service has none, or not this port: connection refused.
   */
  resolve(host: string, port: number, namespace: string): Address | undefined {
    const service = this.find(host, namespace);
    if (!service) return { host, port };
    if (!service.ports.some(({ number }) => number === port)) return undefined;
    const ready = service.endpoints.filter((endpoint) => endpoint.ready);
    const endpoint = ready[this.#next++ % ready.length];
    return endpoint && { host: endpoint.address, port: endpoint.port };
  }

  /** By `service`, `service.namespace`, `service.namespace.svc`, or the whole name. */
  find(host: string, namespace: string): Service | undefined {
    const name = host.toLowerCase().replace(/\.(svc(\.cluster(\.local)?)?\.?)$/, '');
    return this.#registry.services.find((service) =>
      name.includes('.')
        ? name === `${service.name}.${service.namespace}`
        : name === service.name && service.namespace === namespace,
    );
  }
}
