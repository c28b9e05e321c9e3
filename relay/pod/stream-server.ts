/** Where the computer connects: proves each connection, and keeps the newest proven one of each role. */
import type { KeyObject } from 'node:crypto';
import type { Http2Session } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { challenge, type Role } from '../stream/handshake.ts';
import type { Log } from './log.ts';

/** Connections that have proven nothing yet; for one more the oldest is closed. */
const mostUnproven = 32;

interface StreamServerOptions {
  publicKey: KeyObject;
  log: Log;
  /** Makes a session of a proven connection. */
  open: (role: Role, socket: Socket) => Http2Session;
}

/** Counts of `refused` are for the log: nothing that proves nothing changes anything else. */
export function createStreamServer({ publicKey, log, open }: StreamServerOptions): Server {
  const current = new Map<Role, Http2Session>();
  const unproven = new Set<Socket>();
  let refused = 0;
  const refuse = (socket: Socket, why: string) => {
    refused++;
    log('connection refused', { why, refused });
    socket.destroy();
  };
  return createServer({ noDelay: true }, async (socket) => {
    socket.on('error', () => {}); // `close` follows
    if (unproven.size >= mostUnproven) [...unproven][0]?.destroy();
    unproven.add(socket);
    try {
      const role = await challenge(socket, publicKey);
      if (socket.destroyed) return;
      current.get(role)?.destroy();
      current.set(role, open(role, socket));
    } catch (error) {
      refuse(socket, (error as Error).message);
    } finally {
      unproven.delete(socket);
    }
  });
}
