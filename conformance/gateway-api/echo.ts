/** A server for each Deployment of the manifests: answers what arrived, and misbehaves as the tests ask it to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Arrival {
  backend: string;
  path: string;
  host: string;
  method: string;
  /** Names in lower case, several lines joined by commas. */
  headers: Record<string, string>;
}

/** Set on each request, to find its copies. */
export const idHeader = 'x-conformance-id';

export class Echo {
  readonly #servers: Server[] = [];
  readonly #arrived = new Map<string, string[]>();
  readonly #attempts = new Map<string, number>();

  /** @returns the port where it answers in the name of `backend` */
  async play(backend: string): Promise<number> {
    const server = createServer((req, res) => void this.#answer(backend, req, res));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Who got the request with this id, copies included. */
  whoGot(id: string): readonly string[] {
    return this.#arrived.get(id) ?? [];
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }

  async #answer(backend: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const headers: Record<string, string> = {};
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      const [name = '', value = ''] = req.rawHeaders.slice(i, i + 2);
      const key = name.toLowerCase();
      headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`;
    }
    const id = headers[idHeader] ?? '';
    this.#arrived.set(id, [...this.whoGot(id), backend]);
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://echo');
    await sleep(milliseconds(searchParams.get('delay') ?? ''));
    const echoed = (headers['x-echo-set-header'] ?? '').split(',').filter(Boolean);
    for (const line of echoed) {
      const colon = line.indexOf(':');
      res.appendHeader(line.slice(0, colon), line.slice(colon + 1));
    }
    res.statusCode = this.#status(searchParams);
    const path = `${pathname}${new URL(req.url ?? '/', 'http://echo').search}`;
    const arrival: Arrival = { backend, path, host: headers.host ?? '', method: req.method ?? '', headers };
    res.end(JSON.stringify(arrival));
  }

  /** `responseCode` until it was asked `succeedAfter` times with this `uuid`. */
  #status(query: URLSearchParams): number {
    const code = query.get('responseCode');
    if (code === null) return 200;
    const key = `${query.get('uuid')}`;
    const before = this.#attempts.get(key) ?? 0;
    this.#attempts.set(key, before + 1);
    return before < Number(query.get('succeedAfter')) ? Number(code) : 200;
  }
}

function milliseconds(duration: string): number {
  const [, number = '0', unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(duration) ?? [];
  return Number(number) * (unit === 's' ? 1000 : 1);
}
