/** For tests of the mesh with HTTP/2: apps and clients that speak it without TLS and without asking before. */
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Registry, ServicePort } from '../network/registry.ts';
import type { App } from './test-world.ts';

export type Http2App = App & { streams: { headers: http2.IncomingHttpHeaders; session: number }[] };

type Handler = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

/** An app that answers by `handler`; by default its version, and trailers that say so. */
export async function startHttp2App(version: string, handler?: Handler): Promise<Http2App> {
  const streams: Http2App['streams'] = [];
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createServer({ settings: { maxConcurrentStreams: 100 } });
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    streams.push({ headers, session: sessions.indexOf(stream.session as http2.ServerHttp2Session) });
    if (handler) handler(stream, headers);
    else answer(stream, version);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { name: version, address: '127.0.0.1', port, labels: { version }, ready: true },
    seen: [],
    streams,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/** Answers with a body, and trailers as gRPC has them. */
export function answer(stream: http2.ServerHttp2Stream, body: string): void {
  stream.respond([':status', '200', 'content-type', 'application/grpc'], { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-behind': body }));
  stream.end(body);
}

/** The service `b` of these apps, with this port. */
export function registryWith(apps: readonly App[], port: ServicePort): Registry {
  const endpoints = apps.map(({ endpoint }) => endpoint);
  return { services: [{ name: 'b', namespace: 'test', ports: [port], endpoints }] };
}

export interface Http2Answer {
  status: number;
  headers: http2.IncomingHttpHeaders;
  /** The stream ended with the head. */
  isWhole: boolean;
  body: string;
  trailers: http2.IncomingHttpHeaders;
  /** The stream was reset with this code. */
  reset?: number;
}

interface Http2Call {
  authority: string;
  path?: string;
  method?: string;
  headers?: http2.OutgoingHttpHeaders;
  body?: string;
  trailers?: http2.OutgoingHttpHeaders;
}

/** A connection to a proxy. */
export class Http2Client {
  readonly session: http2.ClientHttp2Session;

  constructor(url: string) {
    this.session = http2.connect(url);
    this.session.on('error', () => {});
  }

  open(
    { authority, path = '/', method = 'GET', headers = {}, trailers }: Http2Call,
    endStream: boolean,
  ): http2.ClientHttp2Stream {
    const stream = this.session.request(
      { ':authority': authority, ':path': path, ':method': method, ...headers },
      { endStream, waitForTrailers: trailers !== undefined },
    );
    if (trailers) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    return stream;
  }

  async call(call: Http2Call): Promise<Http2Answer> {
    const stream = this.open(call, call.body === undefined);
    const got: Http2Answer = { status: 0, headers: {}, isWhole: false, body: '', trailers: {} };
    stream.on('response', (headers, flags) => {
      got.status = headers[':status'] ?? 0;
      got.headers = headers;
      got.isWhole = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    });
    stream.on('trailers', (trailers) => {
      got.trailers = trailers;
    });
    stream.on('data', (chunk) => {
      got.body += chunk;
    });
    stream.on('error', () => {});
    if (call.body !== undefined) stream.end(call.body);
    await new Promise((resolve) => stream.on('close', resolve));
    return stream.rstCode === 0 ? got : { ...got, reset: stream.rstCode };
  }

  close(): void {
    this.session.destroy();
  }
}
