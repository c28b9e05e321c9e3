/** The proxy for the program's own calls (HTTP_PROXY): hosts of the cluster through the relay, others from here. */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { abort, join } from '../stream/join.ts';
import { readAuthority, type Target } from '../stream/tunnel.ts';
import { MeshAgent, type OpenConnection } from './mesh-agent.ts';
import { handOn } from './proxied-request.ts';

export interface HttpProxyOptions {
  /** To a host of the cluster, from the pod. */
  openConnection: OpenConnection;
  isOfCluster: (host: string) => Promise<boolean>;
  /** Unset: any free one. */
  port?: number;
}

export interface HttpProxy {
  /** For HTTP_PROXY. */
  url: string;
  close: () => Promise<void>;
}

/** Listens on 127.0.0.1. @throws what listening failed with */
export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const { openConnection, isOfCluster, port = 0 } = options;
  const mesh = new MeshAgent(openConnection);
  const here = new Agent({ keepAlive: true });
  const agentOf = async (host: string) => ((await isOfCluster(host)) ? mesh : here);
  const server = createHandingServer(agentOf);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (head.length > 0) socket.unshift(head);
    void tunnel(req.url, socket, async (target) =>
      (await isOfCluster(target.host)) ? openConnection(target.host, target.port) : connectHere(target),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      // Not closeAllConnections(): it leaves out those that have become tunnels.
      for (const socket of sockets) socket.destroy();
      for (const agent of [mesh, here]) agent.destroy();
      await closed;
    },
  };
}

/**
 * Hands each request on, with or without an upgrade; it listens nowhere yet.
 * @param prepare changes a request before it is looked at
 */
export function createHandingServer(
  agentOf: (host: string) => Promise<Agent>,
  prepare: (req: IncomingMessage) => void = () => {},
): Server {
  // An offer of HTTP/2 that nobody has to take is passed over, by a Node that can.
  const shouldUpgradeCallback = (req: IncomingMessage) => !isOfferOfHttp2(req);
  const server = createServer(
    { noDelay: true, requestTimeout: 0, ...({ shouldUpgradeCallback } as object) },
    (req, res) => {
      prepare(req);
      void handOn(req, res, agentOf);
    },
  );
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {}); // `close` follows
    if (head.length > 0) socket.unshift(head);
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false; // Node reads no further request on this connection
    res.assignSocket(socket);
    res.once('finish', () => socket.end());
    prepare(req);
    void handOn(req, res, agentOf, isOfferOfHttp2(req) ? undefined : socket);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  return server;
}

function isOfferOfHttp2(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === 'h2c';
}

async function tunnel(
  authority: string | undefined,
  socket: Duplex,
  open: (target: Target) => Promise<Duplex>,
): Promise<void> {
  socket.on('error', () => {}); // `close` follows
  const target = readAuthority(authority);
  try {
    if (!target) throw new Error(`CONNECT ${authority}: is no HOST:PORT`);
    const far = await open(target);
    if (socket.destroyed) return abort(far);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    join(socket, far);
  } catch (error) {
    const why = `${(error as Error).message}\n`;
    const head = `content-type: text/plain\r\ncontent-length: ${Buffer.byteLength(why)}\r\nconnection: close`;
    socket.end(`HTTP/1.1 ${target ? '502 Bad Gateway' : '400 Bad Request'}\r\n${head}\r\n\r\n${why}`);
  }
}

async function connectHere({ host, port }: Target): Promise<Duplex> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return socket;
}
