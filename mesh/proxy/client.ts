/** The client's side of a request, the same for both versions of HTTP: what node:http hands over, and http2-exchange.ts makes. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { HeaderLines } from './headers.ts';

export interface ClientRequest {
  /** `1.1`, `1.0`, `2`. */
  readonly httpVersion: string;
  readonly method?: string | undefined;
  url?: string | undefined;
  /** Name and value by turns, as they came; of HTTP/2 without pseudo headers, with `:authority` as `host`. */
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  /** The client's connection. */
  readonly socket: Socket;
  /** HTTP/2 says so in the frame of the head; of HTTP/1.1 the headers tell. */
  readonly hasBody?: boolean;
  /** Lines behind the body, once it has ended; of HTTP/1.1 Envoy hands none on. */
  readonly trailerLines?: HeaderLines;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

export interface ClientResponse {
  readonly headersSent: boolean;
  /** `end` was called. */
  readonly writableEnded: boolean;
  /** `close`: all is sent, or the client is gone. */
  on(event: 'close' | 'drain', listener: () => void): unknown;
  writeHead(status: number, lines: HeaderLines): unknown;
  /** The head of an answer that has nothing behind it: with it the stream ends, as gRPC asks for it. HTTP/2 only. */
  writeWhole?(status: number, lines: HeaderLines): void;
  /** Sends the head by itself; HTTP/1.1 only, where it waits for what comes behind it. */
  flushHeaders?(): void;
  /** @returns whether there is room for more; else `drain` comes. */
  write(chunk: Buffer): boolean;
  /** To be sent behind the body; to be called before `end`. HTTP/2 only. */
  setTrailers?(lines: HeaderLines): void;
  end(body?: string): unknown;
  /** Breaks the answer off. */
  destroy(): unknown;
}
