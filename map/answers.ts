/** How the map's server answers: JSON, problems (RFC 9457), and the headers that every answer has. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const maxBodyBytes = 16 * 1024;

/** On every answer. Nothing of the page comes from another host, and no other page may frame it. */
export const commonHeaders = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const problemHeaders = { ...commonHeaders, 'content-type': 'application/problem+json' };

export function sendJson(res: ServerResponse, value: unknown): void {
  res.writeHead(200, { ...commonHeaders, 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Problem details: `detail` is a sentence for a person. */
export function sendProblem(res: ServerResponse, status: number, detail: string): void {
  res.writeHead(status, problemHeaders).end(problemJson(status, detail));
}

/** What cannot be read as HTTP gets a problem too: for the `clientError` of a server. */
export function answerNoRequest({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  answerRaw(socket, ...(noRequests[code ?? ''] ?? [400, 'This is no HTTP request.']));
}

/** A problem where node makes no response; whatever else comes is not read. */
export function answerRaw(socket: Duplex, status: number, detail: string): void {
  const body = problemJson(status, detail);
  const headers = { ...problemHeaders, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
}

/** By the code of node's error. */
const noRequests: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come to an end.'],
};

function problemJson(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
}

/** A body that is too long to be read, or no JSON. */
export class BadBody extends Error {
  override readonly name = 'BadBody';
  readonly status: 400 | 413;

  constructor(status: 400 | 413, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws BadBody */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new BadBody(413, `A request of at most ${maxBodyBytes} bytes is read.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new BadBody(400, 'The body is no JSON.');
  }
}
