/**
 * The client of every check: sends requests exactly as told and tells exactly what came back. It has no
 * dependency, so that the same file runs in this process and, copied into a pod, inside a cluster.
 */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Http2Connections } from './agent-http2.ts';
import type { GrpcClients } from './grpc.ts';

/** Names and values in the order in which they stand on the wire; a name may be there several times. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** One request, sent `times` times. */
export interface RequestBatch {
  address: string;
  port: number;
  method: string;
  /** As it stands on the request line: a path, or a whole URL for a forward proxy. */
  target: string;
  /** Sent as they are; nothing but connection and content-length is added, not even Host. */
  headers: HeaderLines;
  body: string;
  http: '1.0' | '1.1' | '2' | 'grpc';
  /** By HTTPS: the name that the server has to prove, and the only certificate that is trusted. */
  tls?: { name: string; ca: string };
  times: number;
  /** How many are under way at the same time, at most. */
  concurrency: number;
  /** `keep-alive` uses connections again, `new` opens one for each request, `held` stays open for later batches. */
  connection: 'keep-alive' | 'new' | 'held';
  /** Waited between one answer and the next request; chosen at random from the two bounds. */
  pauseMs?: readonly [least: number, most: number];
}

/** What came back; `status` 0 and `error` where no answer did. */
export interface Reply {
  status: number;
  headers: HeaderLines;
  body: string;
  /** From sending to the end of the answer. */
  ms: number;
  error?: string;
}

const longestWaitMs = 20_000;

/** The connections that outlive their batch, with this process. */
const held = new http.Agent({ keepAlive: true, maxSockets: 1 });
const heldHttp2 = new Http2Connections();
let heldGrpc: GrpcClients | undefined;

/** Where gRPC's client comes from; it alone has a dependency, and is asked for when it is needed. */
export const grpcProgram = { load: (): Promise<typeof import('./grpc.ts')> => import('./grpc.ts') };

/** The connections of one call of `send`. */
interface Connections {
  plain: http.Agent;
  http2: Http2Connections;
  grpc?: GrpcClients;
}

/** Sends the requests of the batches, one batch after the other; a list of replies for each. */
export async function send(batches: readonly RequestBatch[]): Promise<Reply[][]> {
  const results: Reply[][] = [];
  const plain = new http.Agent({ keepAlive: true });
  const connections: Connections = { plain, http2: new Http2Connections() };
  try {
    for (const batch of batches) results.push(await repeat(batch, connections));
  } finally {
    connections.plain.destroy();
    connections.http2.close();
    connections.grpc?.close();
  }
  return results;
}

async function repeat(batch: RequestBatch, connections: Connections): Promise<Reply[]> {
  const replies: Reply[] = [];
  const once = { '1.0': sendOld, '1.1': sendOne, '2': sendHttp2, grpc: sendGrpc }[batch.http];
  let left = batch.times;
  const worker = async () => {
    while (left-- > 0) {
      replies.push(await once(batch, connections));
      if (batch.pauseMs && left > 0) await pause(batch.pauseMs);
    }
  };
  await Promise.all(Array.from({ length: Math.min(batch.concurrency, batch.times) }, worker));
  return replies;
}

function pause([least, most]: readonly [number, number]): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
}

function sendOne(batch: RequestBatch, connections: Connections): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const start = performance.now();
  const end = (reply: Omit<Reply, 'ms'>) => resolve({ ...reply, ms: performance.now() - start });
  const fail = (error: Error) => end({ status: 0, headers: [], body: '', error: error.message });
  const { tls } = batch;
  const request = (tls ? https : http).request(
    {
      ...(tls && { ca: tls.ca, servername: tls.name }),
      host: batch.address,
      port: batch.port,
      method: batch.method,
      path: batch.target,
      headers: headerLines(batch).flat(),
      // A connection of HTTPS is not kept: it belongs to one certificate.
      agent: tls ? false : { new: false as const, 'keep-alive': connections.plain, held }[batch.connection],
      timeout: longestWaitMs,
    },
    (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', fail);
      response.on('end', () =>
        end({ status: response.statusCode ?? 0, headers: pairs(response.rawHeaders), body }),
      );
    },
  );
  request.on('error', fail);
  request.on('timeout', () => request.destroy(new Error(`no answer within ${longestWaitMs} ms`)));
  request.end(batch.body);
  return promise;
}

async function sendHttp2(batch: RequestBatch, { http2 }: Connections): Promise<Reply> {
  const connections = batch.connection === 'held' ? heldHttp2 : http2;
  const start = performance.now();
  const reply = await connections.send({ ...batch, headers: headerLines(batch) }, longestWaitMs);
  return { ...reply, ms: performance.now() - start };
}

async function sendGrpc(batch: RequestBatch, connections: Connections): Promise<Reply> {
  const { GrpcClients } = await grpcProgram.load();
  heldGrpc ??= new GrpcClients();
  connections.grpc ??= new GrpcClients();
  const clients = batch.connection === 'held' ? heldGrpc : connections.grpc;
  const start = performance.now();
  const reply = await clients.send(batch, longestWaitMs);
  return { ...reply, ms: performance.now() - start };
}

/** HTTP/1.0, which node:http no longer speaks. */
function sendOld(batch: RequestBatch): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const start = performance.now();
  const socket = net.connect(batch.port, batch.address);
  const lines = headerLines(batch).map(([name, value]) => `${name}: ${value}\r\n`);
  let text = '';
  const end = (error?: Error) => {
    const { status, headers, body } = parseAnswer(text);
    const reply = { status, headers, body, ms: performance.now() - start };
    resolve(error ? { ...reply, error: error.message } : reply);
  };
  socket.setEncoding('utf8');
  socket.setTimeout(longestWaitMs, () => socket.destroy(new Error(`no answer within ${longestWaitMs} ms`)));
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', end);
  socket.on('end', () => end());
  socket.write(`${batch.method} ${batch.target} HTTP/1.0\r\n${lines.join('')}\r\n${batch.body}`);
  return promise;
}

function parseAnswer(text: string): { status: number; headers: HeaderLines; body: string } {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}

/** With a body's length where a method has a body: node:http would otherwise send it in chunks. */
function headerLines(batch: RequestBatch): HeaderLines {
  const hasBody = batch.body !== '' || ['POST', 'PUT', 'PATCH'].includes(batch.method);
  return hasBody
    ? [...batch.headers, ['content-length', String(Buffer.byteLength(batch.body))]]
    : batch.headers;
}

/** Node's flat list of names and values as lines. */
export function pairs(raw: readonly string[]): [string, string][] {
  const lines: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) lines.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return lines;
}
