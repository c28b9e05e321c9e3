/** One stream of HTTP/2 from a client, in the shape that a proxy has for requests and answers. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientRequest, ClientResponse } from './client.ts';
import type { HeaderLines } from './headers.ts';
import { asFields, endWithTrailers } from './http2-lines.ts';

/** As node:http2 hands it over. */
interface ReceivedHead {
  headers: IncomingHttpHeaders;
  /** Of the frame that it came in. */
  flags: number;
  raw: readonly string[];
}

export class Http2Request implements ClientRequest {
  readonly httpVersion = '2';
  readonly method: string;
  url: string;
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  readonly hasBody: boolean;
  readonly trailerLines: HeaderLines = [];
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, socket: Socket, { headers, flags, raw }: ReceivedHead) {
    this.#stream = stream;
    this.socket = socket;
    this.headers = headers;
    this.method = headers[':method'] ?? '';
    this.url = (this.method === 'CONNECT' ? headers[':authority'] : headers[':path']) ?? '';
    this.rawHeaders = linesOf(headers, raw);
    this.hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    stream.on('trailers', (_: unknown, __: number, lines: string[]) => {
      this.trailerLines.push(...lines);
    });
  }

  on(event: 'data' | 'end', listener: (chunk: Buffer) => void): void {
    this.#stream.on(event, listener);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }
}

/** As HTTP/1.1 would have them: Host first, the crumbs of a cookie as one line (RFC 9113, 8.2.3 and 8.3.1). */
function linesOf(headers: IncomingHttpHeaders, raw: readonly string[]): string[] {
  const authority = headers[':authority'];
  const lines = authority === undefined ? [] : ['host', authority];
  const crumbs: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name.startsWith(':') || (name === 'host' && authority !== undefined)) continue;
    if (name === 'cookie') crumbs.push(value);
    else lines.push(name, value);
  }
  if (crumbs.length > 0) lines.push('cookie', crumbs.join('; '));
  return lines;
}

export class Http2Response implements ClientResponse {
  readonly #stream: ServerHttp2Stream;
  readonly #onClose: (() => void)[] = [];
  #trailers: HeaderLines = [];
  /** The head tells that trailers may come; they are out, or will not come. */
  #awaitsTrailers = false;
  #ended = false;
  #closed = false;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    stream.on('error', () => {}); // told by `close`
    stream.on('close', () => this.#close());
    stream.on('finish', () => {
      if (!this.#awaitsTrailers && this.#ended) this.#close();
    });
    endWithTrailers(
      stream,
      () => this.#trailers,
      () => this.#close(),
    );
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  on(event: 'close' | 'drain', listener: () => void): void {
    if (event === 'close') this.#onClose.push(listener);
    else this.#stream.on('drain', listener);
  }

  writeHead(status: number, lines: HeaderLines): void {
    if (this.#isGone) return;
    this.#awaitsTrailers = true;
    const fields = { ':status': sendable(status), ...asFields(lines) };
    this.#stream.respond(fields, { waitForTrailers: true });
    // 204, 304 and the answer to HEAD: node has ended the stream.
    if (this.#stream.writableEnded) this.#awaitsTrailers = false;
  }

  writeWhole(status: number, lines: HeaderLines): void {
    if (!this.#isGone) this.#stream.respond({ ':status': status, ...asFields(lines) }, { endStream: true });
  }

  write(chunk: Buffer): boolean {
    return this.#isGone || this.#stream.writableEnded || this.#stream.write(chunk);
  }

  setTrailers(lines: HeaderLines): void {
    this.#trailers = lines;
  }

  end(body?: string): void {
    this.#ended = true;
    if (this.#isGone) return;
    if (this.#stream.writableEnded) {
      if (this.#stream.writableFinished) this.#close();
    } else if (body) this.#stream.end(body, 'latin1');
    else this.#stream.end();
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /** The answer is out. What the client still sends is thrown away; else it would hold up its other requests. */
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#onClose) listener();
    this.#stream.resume();
  }
}

/** node:http2 takes no status above 599, which HTTP/1.1 apps may send: it is what comes of a bad upstream. */
function sendable(status: number): number {
  return status > 599 ? 502 : status;
}
