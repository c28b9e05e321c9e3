/**
 * The upstream of the conformance cases: answers with what arrived and remembers it. It stands for any number
 * of endpoints of any services, one port each, and has no dependency, so that the same file runs in this
 * process and, copied into a pod, inside a cluster. The real pair cannot stand in here: rules change method,
 * path and authority, and call an upstream that never answers its caller (mirrors, retries).
 */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import { type HeaderLines, pairs } from './agent.ts';
import { framed, grpcType, unframed } from './agent-http2.ts';

/** Who answers on a port. */
export interface Part {
  service: string;
  version: string;
  /** Unique within the service: `release-0`. */
  endpoint: string;
  /** Misbehaviour of this endpoint, in the words of the header `x-echo`. */
  misbehavior: string;
}

/** One request as it arrived. */
export interface Arrival extends Omit<Part, 'misbehavior'> {
  /** The connection that it came over, counted by the echo. */
  connection: number;
  /** Version of HTTP. */
  http: string;
  method: string;
  path: string;
  authority: string;
  headers: HeaderLines;
  body: string;
}

/** The header that names a request in the record of calls, and the one that asks for misbehaviour. */
export const checkHeader = 'x-check';
export const echoHeader = 'x-echo';

/**
 * What `x-echo` may ask for, written as in the `x-misbehave` of the kit's services, `status=503; first=2`: `status=503`,
 * `grpc=14` (an error of gRPC), `delay=300` (ms), `close=before` (the connection, without an answer), `close=within` (in the middle of one), `first=2`
 * (only the first two calls of a request at a version do all that), `at=release-v1` (only that version does). An
 * endpoint may have `connect=never`: it listens and takes no connection.
 */
interface Misbehavior {
  connect?: string;
  status?: number;
  grpc?: string;
  delay?: number;
  close?: string;
  first?: number;
  at?: string;
}

interface Connection {
  socket: net.Socket;
  /** Which one it is of all. */
  count: number;
}

/** An endpoint that listens. */
interface Playing {
  part: Part;
  port: number;
  isDeaf: boolean;
  close(): Promise<void>;
}

export class Echo {
  readonly #playing = new Map<number, Playing>();
  /** By the socket, or the session of HTTP/2 on it. */
  readonly #connections = new WeakMap<object, Connection>();
  #connectionCount = 0;
  readonly #calls = new Map<string, Arrival[]>();
  readonly #host: string;

  /** @param host address to listen on */
  constructor(host: string) {
    this.#host = host;
  }

  /** Listens on a port for one endpoint; 0 takes any free one. Ends with the port. */
  async play(part: Part, port: number): Promise<number> {
    const isDeaf = parseMisbehavior(part.misbehavior).connect === 'never';
    const before = this.#playing.get(port);
    if (before?.isDeaf === false && !isDeaf) {
      before.part = part;
      return port;
    }
    await this.stop(port);
    const playing = isDeaf ? await listenDeaf(part, this.#host, port) : await this.#listen(part, port);
    this.#playing.set(playing.port, playing);
    return playing.port;
  }

  async #listen(part: Part, port: number): Promise<Playing> {
    const answer = (request: Request, response: Response) => this.#answer(playing.part, request, response);
    // Longer than any proxy keeps a connection, so that no case meets a connection about to be closed.
    const old = http.createServer({ keepAliveTimeout: 3_700_000 }, answer);
    const young = http2.createServer(answer);
    const sockets = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      const connection = { socket, count: ++this.#connectionCount };
      this.#connections.set(socket, connection);
      // Both versions of HTTP on one port: the first bytes tell which.
      socket.once('data', (first: Buffer) => {
        socket.pause();
        socket.unshift(first);
        const isHttp2 = first.toString('latin1').startsWith('PRI ');
        if (isHttp2) young.once('session', (session) => this.#connections.set(session, connection));
        (isHttp2 ? young : old).emit('connection', socket);
        if (!isHttp2) socket.resume(); // HTTP/2 reads from below it.
      });
    });
    const close = async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    const playing: Playing = { part, port, isDeaf: false, close };
    server.listen(port, this.#host);
    await once(server, 'listening');
    playing.port = (server.address() as net.AddressInfo).port;
    return playing;
  }

  /** What arrived so far of the requests with these ids, and forgets it. */
  takeCalls(ids: readonly string[]): Record<string, Arrival[]> {
    const taken = Object.fromEntries(ids.map((id) => [id, this.#calls.get(id) ?? []]));
    for (const id of ids) this.#calls.delete(id);
    return taken;
  }

  /** Listens on a port no more. */
  async stop(port: number): Promise<void> {
    const playing = this.#playing.get(port);
    this.#playing.delete(port);
    await playing?.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#playing.keys()].map((port) => this.stop(port)));
  }

  async #answer(part: Part, request: Request, response: Response): Promise<void> {
    const isGrpc = request.headers['content-type'] === grpcType;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // The caller went away while it was sending.
    }
    const isHttp2 = request instanceof http2.Http2ServerRequest;
    const { socket, count } = this.#connections.get(
      (isHttp2 && request.stream.session) || request.socket,
    ) as Connection;
    const bytes = Buffer.concat(chunks);
    const arrival: Arrival = {
      service: part.service,
      version: part.version,
      endpoint: part.endpoint,
      connection: count,
      http: isHttp2 ? '2' : request.httpVersion,
      method: request.method ?? '',
      path: request.url ?? '',
      authority: request.headers[':authority']?.toString() ?? request.headers.host ?? '',
      headers: pairs(request.rawHeaders).filter(([name]) => !name.startsWith(':')),
      body: (isGrpc ? unframed(bytes) : bytes).toString(),
    };
    const id = String(request.headers[checkHeader] ?? '');
    const calls = this.#calls.get(id) ?? [];
    calls.push(arrival);
    this.#calls.set(id, calls);
    const nth = calls.filter((call) => call.service === part.service && call.version === part.version).length;
    const asked = parseMisbehavior(`${part.misbehavior}; ${request.headers[echoHeader] ?? ''}`);
    const applies =
      (asked.at === undefined || asked.at === part.version) &&
      (asked.first === undefined || nth <= asked.first);
    const { delay, close, status, grpc } = applies ? asked : ({} as Misbehavior);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    if (close === 'before') {
      socket.destroy();
      return;
    }
    if (isGrpc && isHttp2) {
      answerGrpc(response as http2.Http2ServerResponse, arrival, grpc);
      return;
    }
    const answer = JSON.stringify({ echo: arrival });
    (response as http.ServerResponse).writeHead(status ?? 200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
      'x-upstream': part.version,
    });
    if (close === 'within') {
      (response as http.ServerResponse).write(answer.slice(0, 10), () => socket.destroy());
      return;
    }
    response.end(answer);
  }
}

type Request = http.IncomingMessage | http2.Http2ServerRequest;
type Response = http.ServerResponse | http2.Http2ServerResponse;

/** An error of gRPC is a head and nothing behind it; otherwise one message, and the status in trailers. */
function answerGrpc(response: http2.Http2ServerResponse, arrival: Arrival, error: string | undefined): void {
  const head = { 'content-type': grpcType, 'x-upstream': arrival.version };
  if (error !== undefined) {
    const { stream } = response;
    stream.respond({ ...head, 'grpc-status': error, 'grpc-message': 'as asked' }, { endStream: true });
    return;
  }
  response.writeHead(200, head);
  response.addTrailers({ 'grpc-status': '0' });
  response.end(framed(JSON.stringify({ echo: arrival })));
}

function parseMisbehavior(text: string): Misbehavior {
  const asked = Object.fromEntries(
    text
      .split(';')
      .filter((part) => part.includes('='))
      .map((part) => part.trim().split('=', 2)),
  );
  const number = (value?: string) => (value === undefined ? undefined : Number(value));
  return {
    status: number(asked.status),
    grpc: asked.grpc,
    delay: number(asked.delay),
    first: number(asked.first),
    close: asked.close,
    at: asked.at,
    connect: asked.connect,
  };
}

/** A thread that listens and then sleeps: it takes no connection out of the kernel's queue. */
const deaf = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer().listen(workerData, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
/** So long a connection to this computer does not take. */
const refusedMs = 300;

/** Listens with a queue that is full, so that whoever connects waits in vain. */
async function listenDeaf(part: Part, host: string, wanted: number): Promise<Playing> {
  const worker = new Worker(deaf, { eval: true, workerData: { host, port: wanted, backlog: 1 } });
  const [port] = (await once(worker, 'message')) as [number];
  const queued: net.Socket[] = [];
  for (let isTaken = true; isTaken; ) {
    const socket = net.connect(port, host);
    socket.on('error', () => {}); // It may be cut when the listener ends.
    queued.push(socket);
    isTaken = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, refusedMs, false)),
    ]);
  }
  const close = async () => {
    for (const socket of queued) socket.destroy();
    await worker.terminate();
  };
  return { part, port, isDeaf: true, close };
}
