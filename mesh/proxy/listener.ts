/** The HTTP server of one proxy: limits, what node answers by itself in Envoy's words, and how it closes. */
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Envoy's bound for the head of a request. */
const maxRequestHeadBytes = 60 * 1024;

/** Envoy's idle_timeout for connections from clients. */
const idleTimeoutMs = 3_600_000;

export interface Listener {
  server: Server;
  host: string;
  port: number;
  /** Stops listening; connections that still serve a request after `graceMs` are cut. */
  close(graceMs: number): Promise<void>;
}

/** @throws as node does where the address is taken (EADDRINUSE). */
export async function listen(
  onRequest: RequestListener,
  { host, port, serverName }: { host: string; port: number; serverName: string },
): Promise<Listener> {
  const server = createServer(
    {
      keepAliveTimeout: idleTimeoutMs,
      maxHeaderSize: maxRequestHeadBytes,
      // The proxy answers a missing Host itself, and puts no bound on how long a body may take.
      requireHostHeader: false,
      requestTimeout: 0,
    },
    onRequest,
  );
  const sockets = trackSockets(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuse(error, socket, serverName),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return { server, host, port: address.port, close: (graceMs) => closeServer(server, sockets, graceMs) };
}

/** A request that cannot be read: 400, or 431 for too large a head. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, serverName: string): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = STATUS_CODES[status] as string;
  socket.end(
    [
      `HTTP/1.1 ${status} ${body}`,
      `content-length: ${body.length}`,
      'content-type: text/plain',
      `date: ${new Date().toUTCString()}`,
      `server: ${serverName}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** node knows its HTTP connections; those that became tunnels or WebSockets it has let go. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
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
