/** HTTP/2 without TLS for agent.ts: one connection for each address, many requests on it. No dependency either. */
import http2 from 'node:http2';
import type { Reply, RequestBatch } from './agent.ts';

export const grpcType = 'application/grpc';

/** What an HTTP/2 request has in its pseudo headers, or must not have. */
const notSent = new Set(['host', 'connection', 'content-length']);

export class Http2Connections {
  readonly #sessions = new Map<string, http2.ClientHttp2Session>();

  async send(batch: RequestBatch, longestWaitMs: number): Promise<Omit<Reply, 'ms'>> {
    const { promise, resolve } = Promise.withResolvers<Omit<Reply, 'ms'>>();
    const fail = ({ message, cause }: Error) =>
      // Where the connection failed, its requests are only told that they are cancelled.
      resolve({ status: 0, headers: [], body: '', error: cause instanceof Error ? cause.message : message });
    const isGrpc = batch.headers.some(([name, value]) => name === 'content-type' && value === grpcType);
    const session = this.#session(batch);
    const request = session.request(headersOf(batch), { endStream: batch.body === '' && !isGrpc });
    let status = 0;
    let headers: [string, string][] = [];
    const chunks: Buffer[] = [];
    request.setTimeout(longestWaitMs, () => fail(new Error(`no answer within ${longestWaitMs} ms`)));
    request.on('response', (fields) => {
      status = fields[':status'] ?? 0;
      headers = linesOf(fields);
    });
    // They are told as headers: an error of gRPC has its status there, a success here.
    request.on('trailers', (fields) => headers.push(...linesOf(fields)));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', fail);
    request.on('end', () =>
      status === 0
        ? fail(new Error('socket disconnected before an answer'))
        : resolve({ status, headers, body: textOf(Buffer.concat(chunks), headers) }),
    );
    if (isGrpc) request.end(framed(batch.body));
    else if (batch.body !== '') request.end(batch.body);
    const reply = await promise;
    if (batch.connection === 'new') session.close();
    return reply;
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  #session({ address, port, connection }: RequestBatch): http2.ClientHttp2Session {
    const origin = `http://${address}:${port}`;
    const open = this.#sessions.get(origin);
    if (connection !== 'new' && open && !open.closed && !open.destroyed) return open;
    const session = http2.connect(origin);
    session.on('error', () => {}); // Told by the request that meets it.
    session.unref(); // As an idle connection of node:http, it does not keep the process up.
    if (connection !== 'new') this.#sessions.set(origin, session);
    return session;
  }
}

function linesOf(fields: http2.IncomingHttpHeaders): [string, string][] {
  return Object.entries(fields)
    .filter(([name]) => !name.startsWith(':'))
    .map(([name, value]) => [name, String(value)]);
}

function textOf(body: Buffer, headers: readonly [string, string][]): string {
  const isGrpc = headers.some(([name, value]) => name === 'content-type' && value === grpcType);
  return (isGrpc ? unframed(body) : body).toString();
}

/** One message as gRPC frames it: no compression, and its length (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
export function framed(message: string): Buffer {
  const bytes = Buffer.from(message);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

export function unframed(body: Buffer): Buffer {
  return body.subarray(5);
}

function headersOf({ method, target, headers }: RequestBatch): http2.OutgoingHttpHeaders {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (notSent.has(key)) continue;
    fields[key] ??= [];
    fields[key].push(value);
  }
  const authority = headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  return { ...fields, ':method': method, ':path': target, ...(authority && { ':authority': authority }) };
}
