/** A server for each Deployment of the manifests: answers what arrived, and misbehaves as the tests ask it to. */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { framed, grpcType } from '../../check/agent/agent-http2.ts';
import { echoMessages } from './web-socket.ts';

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

type Request = http.IncomingMessage | http2.Http2ServerRequest;
type Response = http.ServerResponse | http2.Http2ServerResponse;

export class Echo {
  readonly #servers: net.Server[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #arrived = new Map<string, string[]>();
  readonly #attempts = new Map<string, number>();

  /** @returns the port where it answers in the name of `backend` */
  async play(backend: string): Promise<number> {
    const answer = (req: Request, res: Response) => void this.#answer(backend, req, res);
    const [old, young] = [http.createServer(answer), http2.createServer(answer)];
    old.on('upgrade', echoMessages);
    const server = net.createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      // HTTP/1.1 and HTTP/2 on one port, as the first bytes say.
      socket.once('data', (first: Buffer) => {
        socket.pause();
        socket.unshift(first);
        const isHttp2 = first.toString('latin1').startsWith('PRI ');
        (isHttp2 ? young : old).emit('connection', socket);
        if (!isHttp2) socket.resume(); // HTTP/2 reads from below it.
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as net.AddressInfo).port;
  }

  /** Who got the request with this id, copies included. */
  whoGot(id: string): readonly string[] {
    return this.#arrived.get(id) ?? [];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }

  async #answer(backend: string, req: Request, res: Response): Promise<void> {
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
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
      if (res instanceof http.ServerResponse) res.appendHeader(name, value);
      else res.appendHeader(name, value);
    }
    res.statusCode = this.#status(searchParams);
    const path = `${pathname}${new URL(req.url ?? '/', 'http://echo').search}`;
    const host = headers[':authority'] ?? headers.host ?? '';
    const arrival: Arrival = { backend, path, host, method: req.method ?? '', headers };
    if (headers['content-type'] !== grpcType || res instanceof http.ServerResponse) {
      res.end(JSON.stringify(arrival));
      return;
    }
    res.setHeader('content-type', grpcType);
    res.addTrailers({ 'grpc-status': '0' });
    res.end(framed(JSON.stringify(arrival)));
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
