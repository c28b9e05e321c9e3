/** One request as a stream of HTTP/2, told of as undici tells of its own (Dispatcher.DispatchHandler). */

import type { OutgoingHttpHeaders } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { HeaderLines } from '../headers.ts';
import { asFields, endWithTrailers } from '../http2-lines.ts';

/** What is sent to an endpoint, in either version of HTTP. */
export type UpstreamRequest = Dispatcher.DispatchOptions & {
  headers: HeaderLines;
  body: Readable | null;
  /** HTTP/2 only, and asked when the body has ended. */
  trailers?: (() => HeaderLines) | undefined;
};

/** The peer ended the stream (RST_STREAM), but not the connection. */
export class StreamReset extends Error {
  readonly isRefused: boolean;

  constructor(code: number) {
    super(`stream reset with code ${code}`);
    this.isRefused = code === constants.NGHTTP2_REFUSED_STREAM;
  }
}

/** Beside what undici tells: the head was all of the answer, as with gRPC's errors. */
interface Http2Controller extends Dispatcher.DispatchController {
  readonly isWhole: boolean;
}

export class Http2Try implements Http2Controller {
  aborted = false;
  reason: Error | null = null;
  rawHeaders: string[] = [];
  rawTrailers: string[] = [];
  isWhole = false;
  readonly #request: UpstreamRequest;
  readonly #handler: Dispatcher.DispatchHandler;
  #stream: ClientHttp2Stream | undefined;
  #isAnswered = false;
  #isSettled = false;

  constructor(request: UpstreamRequest, handler: Dispatcher.DispatchHandler) {
    this.#request = request;
    this.#handler = handler;
  }

  get paused(): boolean {
    return this.#stream?.isPaused() ?? false;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#isSettled = true; // Whoever gives it up wants to hear no more.
    this.#request.body?.destroy();
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** There is no stream, or it ended badly. */
  fail(error: Error): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#request.body?.destroy();
    this.#handler.onResponseError?.(this, error);
  }

  /** @param onClosed called once, whatever became of it */
  start(session: ClientHttp2Session, onClosed: () => void): void {
    this.#handler.onRequestStart?.(this, {});
    if (this.aborted) {
      onClosed();
      return;
    }
    const { body, upgrade, trailers } = this.#request;
    try {
      if (upgrade) throw new Error('HTTP/2 has no upgrade');
      this.#stream = session.request(this.#fields(), {
        endStream: body === null,
        waitForTrailers: trailers !== undefined && body !== null,
      });
    } catch (error) {
      onClosed();
      this.fail(error as Error);
      return;
    }
    this.#listen(this.#stream, session, onClosed);
    body?.pipe(this.#stream);
  }

  #fields(): OutgoingHttpHeaders {
    const { method, path, headers } = this.#request;
    let authority = '';
    const lines: string[] = [];
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      const value = headers[i + 1] as string;
      if (name === 'host') authority = value;
      else lines.push(name, value);
    }
    return {
      ':method': method,
      ':scheme': 'http',
      ':authority': authority,
      ':path': path,
      ...asFields(lines),
    };
  }

  #listen(stream: ClientHttp2Stream, session: ClientHttp2Session, onClosed: () => void): void {
    const { body, trailers } = this.#request;
    let broke: Error | undefined;
    stream.on('response', (headers, flags, lines: string[]) => {
      if (this.#isSettled) return;
      this.#isAnswered = true;
      this.isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      for (let i = 0; i < lines.length; i += 2) {
        const name = lines[i] as string;
        if (!name.startsWith(':')) this.rawHeaders.push(name, lines[i + 1] as string);
      }
      stream.on('data', (chunk: Buffer) => {
        if (!this.#isSettled) this.#handler.onResponseData?.(this, chunk);
      });
      this.#handler.onResponseStart?.(this, headers[':status'] ?? 0, headers);
    });
    stream.on('trailers', (_, __, lines: string[]) => {
      this.rawTrailers = lines;
    });
    stream.on('end', () => {
      // After a reset as well, with what has come until then.
      if (this.#isSettled || !this.#isAnswered || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
      this.#isSettled = true;
      this.#handler.onResponseEnd?.(this, {});
    });
    if (trailers) endWithTrailers(stream, trailers);
    stream.on('error', (error) => {
      broke = error;
    });
    stream.on('close', () => {
      onClosed();
      body?.unpipe(stream);
      body?.destroy();
      const { rstCode } = stream;
      const isLost = session.destroyed || session.closed || rstCode === constants.NGHTTP2_NO_ERROR;
      this.fail(isLost ? (broke ?? new Error('closed')) : new StreamReset(rstCode));
    });
  }
}
