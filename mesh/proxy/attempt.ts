/** One try of a request at one host, as undici reports on it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Dispatcher, errors } from 'undici';
import type { RawLines } from './response-head.ts';
import type { Host } from './upstream/host.ts';
import { Http2Try } from './upstream/http2-try.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Who made the try and wants to know how it goes. Nothing is told after {@link Attempt.abandon}. */
export interface AttemptOwner {
  /** @param isWhole nothing comes behind it; HTTP/2 says so in the frame of the head */
  onHead(attempt: Attempt, status: number, rawHeaders: RawLines, isWhole: boolean): void;
  /** @returns whether there is room for more. */
  onData(attempt: Attempt, chunk: Buffer): boolean;
  /** @param trailers of HTTP/2; of HTTP/1.1 Envoy hands none on */
  onEnd(attempt: Attempt, trailers: RawLines): void;
  /** 101: from here the connection is theirs. */
  onUpgrade(attempt: Attempt, headers: IncomingHttpHeaders, socket: Duplex): void;
  onFailure(attempt: Attempt, error: Error): void;
  /** One of the above threw. */
  onDefect(attempt: Attempt, error: unknown): void;
}

export class Attempt implements Dispatcher.DispatchHandler {
  readonly upstream: Upstream;
  readonly host: Host;
  /** It has a connection: the request goes out, or went. */
  started = false;
  headed = false;
  readonly #owner: AttemptOwner;
  readonly #connecting: boolean;
  #controller: Dispatcher.DispatchController | undefined;
  /**
   * Of the answer. A 304 may say how long the body would be that it does not have
   * (https://www.rfc-editor.org/rfc/rfc9110#section-8.6), which undici takes for an answer that broke off.
   */
  #status: number | undefined;
  #abandoned = false;
  #left = false;

  /** @param connecting the breaker counts it as pending until it has a connection. */
  constructor(owner: AttemptOwner, upstream: Upstream, host: Host, connecting: boolean) {
    this.#owner = owner;
    this.upstream = upstream;
    this.host = host;
    this.#connecting = connecting;
    host.enter();
  }

  /** Gives the try up: its connection is cut, nobody hears of it any more. */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.#controller?.abort(abandoned);
    this.#leave();
  }

  /** Goes on after `onData` said that there was no room. */
  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.started = true;
    if (this.#connecting && !this.#left) this.upstream.breaker?.connected();
    if (this.#abandoned) controller.abort(abandoned);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: IncomingHttpHeaders): void {
    // 1xx: Envoy keeps interim answers to itself.
    if (status < 200 || this.#abandoned) return;
    this.headed = true;
    this.#status = status;
    const isWhole = controller instanceof Http2Try && controller.isWhole;
    const { rawHeaders } = controller;
    this.#tell(() => this.#owner.onHead(this, status, rawHeaders as RawLines, isWhole));
  }

  onRequestUpgrade(
    _: Dispatcher.DispatchController,
    _status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    socket.once('close', () => this.#leave());
    if (this.#abandoned) socket.destroy();
    else this.#tell(() => this.#owner.onUpgrade(this, headers, socket));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#abandoned) return;
    this.#tell(() => {
      if (!this.#owner.onData(this, chunk)) controller.pause();
    });
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#leave();
    const trailers = controller instanceof Http2Try ? controller.rawTrailers : [];
    if (!this.#abandoned) this.#tell(() => this.#owner.onEnd(this, trailers));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#leave();
    if (this.#abandoned) return;
    const isWhole = this.#status === 304 && error instanceof errors.ResponseContentLengthMismatchError;
    this.#tell(() => (isWhole ? this.#owner.onEnd(this, []) : this.#owner.onFailure(this, error)));
  }

  /** What an owner throws must not reach undici, which would take it for a failure of the connection. */
  #tell(news: () => void): void {
    try {
      news();
    } catch (error) {
      this.#owner.onDefect(this, error);
    }
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.host.leave();
    const { breaker } = this.upstream;
    if (!breaker) return;
    if (this.#connecting && !this.started) breaker.connected();
    breaker.leave();
  }
}

const abandoned = new Error('abandoned by the proxy');
