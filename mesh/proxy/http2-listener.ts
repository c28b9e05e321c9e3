/** Connections that speak HTTP/2 from their first byte on, without TLS and without asking before, as gRPC does. */
import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientRequest, ClientResponse } from './client.ts';
import { Http2Request, Http2Response } from './http2-exchange.ts';
import {
  bufferLimitBytes,
  idleTimeoutMs,
  maxConcurrentStreams,
  maxHeaderLines,
  maxRequestHeadBytes,
} from './limits.ts';

/** https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export class Http2Connections {
  readonly #onRequest: (req: ClientRequest, res: ClientResponse) => void;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #taken = new WeakSet<Socket>();

  constructor(onRequest: (req: ClientRequest, res: ClientResponse) => void) {
    this.#onRequest = onRequest;
  }

  /** Whether this connection speaks HTTP/2, whatever node's HTTP/1.1 server thinks of it. */
  has(socket: Socket): boolean {
    return this.#taken.has(socket);
  }

  /**
   * Takes over a connection on which node's HTTP/1.1 server has met the preface.
   * @param rest what has been read behind it
   */
  take(socket: Socket, rest: Buffer): void {
    if (socket.destroyed) return;
    this.#taken.add(socket);
    detach(socket);
    socket.unshift(Buffer.concat([preface, rest]));
    const session = performServerHandshake(socket, {
      settings: {
        maxConcurrentStreams,
        maxHeaderListSize: maxRequestHeadBytes,
        initialWindowSize: bufferLimitBytes,
      },
      maxHeaderListPairs: maxHeaderLines,
      strictSingleValueFields: false,
    });
    this.#sessions.add(session);
    session.on('close', () => this.#sessions.delete(session));
    session.on('error', () => socket.destroy());
    // A client that ends its side is gone; to hear of it the socket has to flow, once the session has what was read.
    socket.once('end', () => socket.destroy());
    setImmediate(() => socket.resume());
    session.setTimeout(idleTimeoutMs, () => session.close());
    session.setLocalWindowSize(bufferLimitBytes);
    session.on('stream', (stream, headers, flags, raw) => {
      const res = new Http2Response(stream);
      if (stream.destroyed) return; // reset in the same breath
      if (headers.expect === '100-continue') stream.additionalHeaders({ ':status': 100 });
      this.#onRequest(new Http2Request(stream, socket, { headers, flags, raw }), res);
    });
  }

  /** No further requests; connections close when those under way are answered. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }
}

/**
 * Takes a connection out of the hands of node's HTTP/1.1 server, which keeps its parser until the connection closes: that
 * is what its listener for `close` is for.
 */
function detach(socket: Socket): void {
  for (const event of ['data', 'end', 'drain', 'timeout', 'error']) socket.removeAllListeners(event);
  // Whoever asks for data in this way makes the parser let go of the connection's handle.
  socket.on('data', () => {});
  socket.removeAllListeners('data');
  socket.pause();
}
