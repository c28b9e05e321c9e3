/**
 * Requests that a client sends without waiting for answers (pipelining) are served one after the other, as Envoy
 * does: node hands over all of them at once, so that one connection could open thousands to upstreams.
 * https://www.rfc-editor.org/rfc/rfc9112#name-pipelining
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** So many may wait before nothing more is read; node has then parsed at most one more chunk of 64 KiB. */
const waitingBound = 16;

interface Turn {
  req: IncomingMessage;
  /** Absent where node made none: for CONNECT and for requests to switch protocols. */
  res?: ServerResponse;
  /** @param done to be called when the request has been answered. */
  serve(done: () => void): void;
}

/** @param answering part of an answer is out, so that another one would be read as its body. */
type Refuse = (answering: boolean) => void;

/** The requests of all connections of one listener. */
export class Turns {
  readonly #connections = new WeakMap<Duplex, Connection>();

  /**
   * Calls `serve` when all requests before this one on its connection have been answered, which may be at once. Not
   * called where the connection closes before.
   */
  take(turn: Turn): void {
    this.#of(turn.req.socket).take(turn);
  }

  /** Whether nothing has been asked on this connection yet. */
  isNew(socket: Duplex): boolean {
    return !this.#connections.has(socket);
  }

  /** What comes next on this connection is as on a new one. */
  forget(socket: Duplex): void {
    this.#connections.delete(socket);
  }

  /**
   * What follows on this connection cannot be read: calls `refuse` in the turn of the request that it would have been,
   * which may be the one that is being served.
   */
  breakOff(socket: Duplex, refuse: Refuse): void {
    this.#of(socket).breakOff(refuse);
  }

  #of(socket: Duplex): Connection {
    let connection = this.#connections.get(socket);
    if (!connection) {
      connection = new Connection(socket);
      this.#connections.set(socket, connection);
    }
    return connection;
  }
}

class Connection {
  readonly #socket: Duplex;
  readonly #waiting: Turn[] = [];
  readonly #done = () => this.#next();
  #serving: Turn | undefined;
  #refuse: Refuse | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  take(turn: Turn): void {
    if (!this.#serving) {
      this.#serve(turn);
      return;
    }
    this.#waiting.push(turn);
    // Later: node goes on reading after each message that it has parsed.
    if (this.#waiting.length === waitingBound) process.nextTick(() => this.#hold());
  }

  breakOff(refuse: Refuse): void {
    if (this.#refuse) return;
    this.#refuse = refuse;
    if (!this.#serving?.req.complete) refuse(this.#serving?.res?.headersSent ?? false);
  }

  #serve(turn: Turn): void {
    this.#serving = turn;
    turn.serve(this.#done);
  }

  #hold(): void {
    if (this.#waiting.length > 0) this.#socket.pause();
  }

  #next(): void {
    this.#serving = undefined;
    if (this.#socket.destroyed) return;
    const turn = this.#waiting.shift();
    if (this.#refuse && !turn?.req.complete) this.#refuse(false);
    else if (turn) {
      if (this.#waiting.length === 0) this.#socket.resume();
      this.#serve(turn);
    }
  }
}
