/** HTTP_PROXY for clients of node:http. Node's own agents know it from Node 24 on, and only when they are told to. */
import { Agent, type ClientRequest } from 'node:http';

/** Parts of Node's agent that are documented for it (addRequest is what every agent on npm overrides), but not typed. */
interface AgentInternals {
  addRequest(request: ClientRequest, options: { host?: string; port?: number | string }): void;
}
const ask = (Agent.prototype as unknown as AgentInternals).addRequest;

/** An agent that keeps connections, and sends a request in absolute form to the proxy of its origin, if that has one. */
export class ForwardProxyAgent extends Agent {
  readonly #proxyFor: (origin: string) => string | undefined;

  constructor(proxyFor: (origin: string) => string | undefined) {
    super({ keepAlive: true });
    this.#proxyFor = proxyFor;
  }

  addRequest(request: ClientRequest, options: { host?: string; port?: number | string }): void {
    const origin = `http://${request.getHeader('host')}`;
    const proxy = request.path.startsWith('/') ? this.#proxyFor(origin) : undefined;
    if (proxy === undefined) {
      ask.call(this, request, options);
    } else {
      const { hostname, port } = new URL(proxy);
      request.path = origin + request.path;
      ask.call(this, request, { ...options, host: hostname, port: port || 80 });
    }
  }
}
