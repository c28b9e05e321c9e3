/** The connections of the mesh to the service's port, carried to the computer. */
import type { ClientHttp2Session } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { AnswerWatch } from '../stream/answer-watch.ts';
import { abort, join } from '../stream/join.ts';
import { openStream } from '../stream/tunnel.ts';
import type { Backlog } from './backlog.ts';

export class CarriedConnections {
  readonly server: Server;
  readonly #watches = new Map<Socket, AnswerWatch>();
  readonly #session: () => ClientHttp2Session | undefined;
  readonly #isReady: () => boolean;
  readonly #backlog: Backlog;

  /**
   * @param session the way to the computer, while there is one
   * @param isReady whether the lane takes requests now
   */
  constructor(session: () => ClientHttp2Session | undefined, isReady: () => boolean, backlog: Backlog) {
    this.#session = session;
    this.#isReady = isReady;
    this.#backlog = backlog;
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#carry(socket));
  }

  get size(): number {
    return this.#watches.size;
  }

  #carry(socket: Socket): void {
    socket.on('error', () => {}); // `close` follows
    const session = this.#session();
    // Whose connection breaks asks again, at the baseline.
    if (!this.#isReady() || this.#backlog.isFull || !session || session.closed || session.destroyed) {
      abort(socket);
      return;
    }
    const stream = openStream(session, { host: 'localhost', port: socket.localPort ?? 0 });
    this.#backlog.add(socket, stream);
    const watch = new AnswerWatch();
    this.#watches.set(socket, watch);
    socket.once('close', () => this.#watches.delete(socket));
    join(socket, stream, {
      fromOne: (bytes) => {
        watch.asked(bytes);
        if (watch.awaits && !this.#isReady()) abort(socket);
      },
      fromOther: (bytes) => watch.answered(bytes),
    });
  }

  /** Breaks off what has no answer yet, so that its caller tries again elsewhere. Returns how many. */
  resetUnanswered(): number {
    const unanswered = [...this.#watches].filter(([, watch]) => watch.awaits);
    for (const [socket] of unanswered) abort(socket);
    return unanswered.length;
  }
}
