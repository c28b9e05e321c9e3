/** Ports of this computer that lead into the cluster, for programs that know no proxy. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { abort, join } from '../stream/join.ts';
import { authorityOf, readAuthority, type Target } from '../stream/tunnel.ts';
import { createHandingServer } from './http-proxy.ts';
import { MeshAgent, type OpenConnection } from './mesh-agent.ts';

export interface Forward {
  /** On 127.0.0.1; 0: any free one. */
  localPort: number;
  target: Target;
}

/** `[LOCAL:]HOST:PORT`, LOCAL being PORT where it is not given. @throws Error for anything else */
export function readForward(text: string): Forward {
  const [, local, authority] = /^(?:(\d{1,5}):)?(.+:\d{1,5})$/.exec(text) ?? [];
  const target = readAuthority(authority);
  const localPort = Number(local ?? target?.port);
  if (!target || localPort > 65_535)
    throw new Error(`${text} is not [LOCAL:]HOST:PORT, such as service-c:32000`);
  return { localPort, target };
}

export interface RunningForward {
  /** Where it listens on 127.0.0.1. */
  port: number;
  close: () => Promise<void>;
}

/** Whoever has said nothing by then waits for the other end to speak first, as many protocols have it. */
const silentMs = 100;
const http1 = /^[A-Z]{3,20} \//;

/**
 * Listens, and carries each connection to its host of the cluster. A request of HTTP/1 gets that host in its Host header:
 * rules are found by it, and the program wrote this computer's. Everything else goes as it comes.
 * @param onFailure is told why a connection was broken off
 * @throws what listening failed with
 */
export async function startForward(
  { localPort, target }: Forward,
  openConnection: OpenConnection,
  onFailure: (why: string) => void = () => {},
): Promise<RunningForward> {
  const sockets = new Set<Socket>();
  const agent = new MeshAgent(openConnection);
  const http = createHandingServer(
    async () => agent,
    (req) => addressTo(req, authorityOf(target)),
  );
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // `close` follows
    socket.once('close', () => sockets.delete(socket));
    if (http1.test(await firstBytes(socket))) {
      http.emit('connection', socket);
      return;
    }
    try {
      const far = await openConnection(target.host, target.port);
      if (socket.destroyed) abort(far);
      else join(socket, far);
    } catch (error) {
      onFailure(`${authorityOf(target)}: ${(error as Error).message}`);
      abort(socket);
    }
  });
  server.listen(localPort, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      agent.destroy();
      for (const socket of sockets) abort(socket);
      await closed;
    },
  };
}

/** What has come by now; it stays to be read. */
async function firstBytes(socket: Socket): Promise<string> {
  const readable = once(socket, 'readable', { signal: AbortSignal.timeout(silentMs) });
  await readable.catch(() => {});
  const bytes: Buffer | null = socket.read();
  if (bytes) socket.unshift(bytes);
  return bytes?.toString('latin1', 0, 24) ?? '';
}

/** As a client of that host writes it. */
function addressTo(req: IncomingMessage, authority: string): void {
  req.url = `http://${authority}${req.url}`;
  for (let at = 0; at < req.rawHeaders.length; at += 2)
    if (req.rawHeaders[at]?.toLowerCase() === 'host') req.rawHeaders[at + 1] = authority;
}
