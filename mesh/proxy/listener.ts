/**
 * The HTTP server of one proxy, for both versions on one port: limits, requests of one connection in turn, what node
 * answers by itself in Envoy's words, and how it closes.
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ClientRequest, ClientResponse } from './client.ts';
import { Http2Connections } from './http2-listener.ts';
import { idleTimeoutMs, maxRequestHeadBytes } from './limits.ts';
import { endSoon } from './linger.ts';
import type { LocalReply } from './local-reply.ts';
import { isHttp2Preface, isParseError, type ParseError, refusal, replyTo } from './parse-error.ts';
import { Turns } from './turns.ts';
import { isH2cOffer, withoutUpgrade } from './upgrade.ts';

export interface Listener {
  host: string;
  port: number;
  /** Stops listening; connections that still serve a request after `graceMs` are cut. */
  close(graceMs: number): Promise<void>;
}

/** What becomes of requests. Each is told when all before it on its connection have been answered. */
export interface RequestHandler {
  /** @param upgrade it asks for another protocol, or for a tunnel: any other answer closes the connection. */
  request(req: IncomingMessage, res: ServerResponse, upgrade: boolean): void;
  /** A request of HTTP/2; absent: nobody speaks it here. */
  http2?(req: ClientRequest, res: ClientResponse): void;
  /**
   * Opens a tunnel for CONNECT; absent: `request` answers.
   * @param reopen reads what comes through the tunnel as requests, instead of leaving the socket to its owner.
   */
  connect?(req: IncomingMessage, socket: Socket, reopen: () => void): void;
  /** Something came that is no request; this is what it is answered with. */
  unreadable?(reply: LocalReply, socket: Socket): void;
  /** Whether requests may switch protocols; else what they offer is dropped, as h2c always is. */
  upgrades: boolean;
}

/** @throws as node does where the address is taken (EADDRINUSE). */
export async function listen(
  handler: RequestHandler,
  { host, port, serverName }: { host: string; port: number; serverName: string },
): Promise<Listener> {
  const turns = new Turns();
  const server = createServer(
    {
      keepAliveTimeout: idleTimeoutMs,
      maxHeaderSize: maxRequestHeadBytes,
      // The proxy answers a missing Host itself, and puts no bound on how long a body may take.
      requireHostHeader: false,
      requestTimeout: 0,
    },
    (req, res) => {
      const serve = (done: () => void) => {
        res.on('close', () => {
          // What nobody has read is thrown away; else the end of the connection behind it would never be seen.
          if (!req.complete) req.unpipe().resume();
          done();
        });
        // Envoy does not say how long it keeps connections; node would add `Connection: keep-alive, Keep-Alive: …`.
        if (res.shouldKeepAlive) res.removeHeader('connection');
        handler.request(req, res, false);
      };
      turns.take({ req, res, serve });
    },
  );
  const sockets = trackSockets(server);
  const http2 = handler.http2 && new Http2Connections(handler.http2);
  server.on('clientError', (error: ParseError, socket: Socket) => {
    if (http2?.has(socket)) return;
    if (http2 && isHttp2Preface(error) && turns.isNew(socket)) {
      http2.take(socket, (error.rawPacket as Buffer).subarray(error.bytesParsed));
    } else if (isParseError(error)) turns.breakOff(socket, (answering) => refuse(error, socket, answering));
    else socket.destroy();
  });
  const refuse = (error: ParseError, socket: Socket, answering: boolean) => {
    if (!socket.writable || answering) {
      socket.destroy();
      return;
    }
    const reply = replyTo(error);
    handler.unreadable?.(reply, socket);
    endSoon(socket, refusal(reply, serverName));
  };
  acceptDetached(server, turns, handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const close = (graceMs: number) => {
    http2?.close();
    return closeServer(server, sockets, graceMs);
  };
  return { host, port: address.port, close };
}

/** CONNECT and requests to switch protocols: behind their head node lets go of the connection. */
function acceptDetached(server: Server, turns: Turns, handler: RequestHandler): void {
  type Serve = (socket: Socket, reopen: () => void) => void;
  const take = (req: IncomingMessage, head: Buffer, serve: Serve) => {
    const { socket } = req;
    if (socket.listenerCount('error') === 0) socket.on('error', () => socket.destroy());
    turns.take({
      req,
      serve: (done) => {
        if (head.length > 0) socket.unshift(head);
        serve(socket, () => {
          done();
          turns.forget(socket);
          server.emit('connection', socket);
          socket.resume();
        });
      },
    });
  };
  const answer = (req: IncomingMessage, socket: Socket) => {
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket);
    res.on('finish', () => endSoon(socket));
    handler.request(req, res, true);
  };
  server.on('connect', (req: IncomingMessage, _: Socket, head: Buffer) =>
    take(req, head, (socket, reopen) => {
      if (handler.connect) handler.connect(req, socket, reopen);
      else answer(req, socket);
    }),
  );
  server.on('upgrade', (req: IncomingMessage, _: Socket, head: Buffer) =>
    take(req, head, (socket, reopen) => {
      if (!handler.upgrades || isH2cOffer(req)) {
        socket.unshift(withoutUpgrade(req));
        reopen();
      } else answer(req, socket);
    }),
  );
}

/** node knows its HTTP connections; those that became tunnels or WebSockets it has let go. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (sockets.has(socket)) return; // taken up again
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  await closed;
  clearTimeout(cut);
}
