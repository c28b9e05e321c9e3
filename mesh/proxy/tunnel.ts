/**
 * CONNECT at a sidecar: some clients open a tunnel through a proxy for http:// as well. What comes through it is read
 * as requests, so rules see them; TLS cannot be read and is refused.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Address, addressOf } from './address.ts';
import { endSoon } from './linger.ts';

const tunnels = new WeakMap<Duplex, Address>();

const tlsPort = 443;
const tlsHandshake = 0x16;

/** Where the tunnel leads that this connection came through, if it is one. */
export function tunnelAddress(socket: Duplex): Address | undefined {
  return tunnels.get(socket);
}

/** Accepts CONNECT. @param reopen reads what comes through the tunnel as requests. */
export function openTunnel(req: IncomingMessage, socket: Socket, reopen: () => void): void {
  const address = addressOf(req.url ?? '', tlsPort);
  if (!address || address.port === tlsPort) {
    endSoon(socket, address ? refusal('501 Not Implemented', noTls) : refusal('400 Bad Request', noAddress));
    return;
  }
  tunnels.set(socket, address);
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  const onEnd = () => socket.end();
  socket.once('end', onEnd);
  socket.once('data', (first: Buffer) => {
    socket.off('end', onEnd);
    socket.pause();
    if (first[0] === tlsHandshake) {
      socket.destroy();
      return;
    }
    socket.unshift(first);
    reopen();
  });
}

function refusal(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${body}`;
}

const noTls = 'https: not run by the local mesh; use a cluster\n';
const noAddress = 'CONNECT needs host:port\n';
