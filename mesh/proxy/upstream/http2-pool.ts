/**
 * The connections to one endpoint that speaks HTTP/2, on node:http2. undici's client for it gives each request with a body
 * a connection of its own, and loses the end of a body that trailers follow.
 */
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import { bufferLimitBytes, maxHeaderLines } from '../limits.ts';
import { Http2Try, type UpstreamRequest } from './http2-try.ts';

export interface Http2PoolOptions {
  /** `127.0.0.1:80` */
  address: string;
  connect: buildConnector.connector;
  idleTimeoutMs: number;
  /** A connection closes behind its last one. */
  maxRequestsPerConnection: number | undefined;
}

/** Streams of one connection until its peer has said how many it takes (RFC 9113, 6.5.2 recommends no fewer). */
const firstMaxStreams = 100;

export class Http2Pool {
  readonly #options: Http2PoolOptions;
  readonly #connections = new Set<Connection>();
  #isClosing = false;

  constructor(options: Http2PoolOptions) {
    this.#options = options;
  }

  /** As undici's pools have it: how many connections would take a request at once. */
  get stats(): { free: number } {
    return { free: [...this.#connections].filter(({ isFree, isOpen }) => isFree && isOpen).length };
  }

  dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    let connection = [...this.#connections].find(({ isFree }) => isFree);
    if (!connection) {
      const opened = new Connection(this.#options, () => this.#connections.delete(opened));
      this.#connections.add(opened);
      connection = opened;
      if (this.#isClosing) connection.retire();
    }
    connection.send(new Http2Try(request, handler));
  }

  /** Requests under way end in peace, then the connections close. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const connection of this.#connections) connection.retire();
  }

  /** Cuts all connections now. */
  async destroy(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
  }
}

class Connection {
  readonly #options: Http2PoolOptions;
  readonly #onGone: () => void;
  /** Wait until it stands. */
  readonly #waiting = new Set<Http2Try>();
  #session: http2.ClientHttp2Session | undefined;
  #streams = 0;
  #requests = 0;
  #isRetired = false;
  #isGone = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: Http2PoolOptions, onGone: () => void) {
    this.#options = options;
    this.#onGone = onGone;
    const [hostname = '', port = ''] = /^(.*):(\d+)$/.exec(options.address)?.slice(1) ?? [];
    const target = { hostname: hostname.replace(/^\[|\]$/g, ''), port, host: options.address };
    options.connect({ ...target, protocol: 'http:' }, (error, socket) => {
      if (error) this.#fail(error);
      else if (this.#isGone) socket?.destroy();
      else this.#open(socket as Socket);
    });
  }

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Whether it takes one more request. */
  get isFree(): boolean {
    if (this.#isGone || this.#isRetired || this.#session?.closed) return false;
    const max = this.#session?.remoteSettings?.maxConcurrentStreams ?? firstMaxStreams;
    return this.#streams + this.#waiting.size < max;
  }

  send(request: Http2Try): void {
    clearTimeout(this.#idle);
    this.#requests++;
    if (this.#requests === this.#options.maxRequestsPerConnection) this.#isRetired = true;
    if (this.#session) this.#start(this.#session, request);
    else this.#waiting.add(request);
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#streams + this.#waiting.size === 0) this.destroy();
  }

  destroy(): void {
    this.#gone();
    this.#session?.destroy();
    for (const request of this.#waiting) request.fail(new Error('closed'));
    this.#waiting.clear();
  }

  #open(socket: Socket): void {
    // The types leave out what node has for both sides.
    const options: http2.ClientSessionOptions & Pick<http2.ServerSessionOptions, 'strictSingleValueFields'> =
      {
        createConnection: () => socket,
        settings: { enablePush: false, initialWindowSize: bufferLimitBytes },
        maxHeaderListPairs: maxHeaderLines,
        strictSingleValueFields: false,
      };
    const session = http2.connect(`http://${this.#options.address}`, options);
    this.#session = session;
    session.on('error', () => {}); // Told by each of its requests.
    session.on('close', () => this.#gone());
    session.on('goaway', () => {
      this.#isRetired = true;
    });
    session.once('connect', () => session.setLocalWindowSize(bufferLimitBytes));
    for (const request of this.#waiting) this.#start(session, request);
    this.#waiting.clear();
  }

  #start(session: http2.ClientHttp2Session, request: Http2Try): void {
    this.#streams++;
    request.start(session, () => {
      this.#streams--;
      if (this.#streams + this.#waiting.size > 0) return;
      if (this.#isRetired) session.close();
      else this.#idle = setTimeout(() => session.close(), this.#options.idleTimeoutMs).unref();
    });
  }

  #fail(error: Error): void {
    this.#gone();
    for (const request of this.#waiting) request.fail(error);
    this.#waiting.clear();
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#idle);
    this.#onGone();
  }
}
