/**
 * CONNECT at a sidecar: some clients open a tunnel through a proxy for http:// as well. What comes through it is read
 * as requests, so rules see them; TLS cannot be read and is refused.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Address, splitAuthority } from './request-lines.ts';

const tunnels = new WeakMap<Duplex, Address>();

const tlsPort = 443;
const tlsHandshake = 0x16;

/** Where the tunnel leads that this connection came through, if it is one. */
export function tunnelAddress(socket: Duplex): Address | undefined {
  return tunnels.get(socket);
}

/** Accepts CONNECT on `server`, whose request listener then gets the requests inside. */
export function acceptTunnels(server: Server): void {
  server.on('connect', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = splitAuthority(req.url ?? '', tlsPort);
    socket.on('error', () => socket.destroy());
    if (address.port === tlsPort) {
      socket.end(
        `HTTP/1.1 501 Not Implemented\r\ncontent-length: ${noTls.length}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${noTls}`,
      );
      return;
    }
    tunnels.set(socket, address);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      if (first[0] === tlsHandshake) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      server.emit('connection', socket);
      socket.resume();
    });
  });
}

const noTls = 'https: not run by the local mesh; use a cluster\n';
