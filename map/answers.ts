/** How the map's server answers: JSON, problems (RFC 9457), and the headers that every answer has. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';

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

export function sendJson(res: ServerResponse, value: unknown): void {
  res.writeHead(200, { ...commonHeaders, 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Problem details: `detail` is a sentence for a person. */
export function sendProblem(res: ServerResponse, status: number, detail: string): void {
  const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
  res
    .writeHead(status, { ...commonHeaders, 'content-type': 'application/problem+json' })
    .end(JSON.stringify(problem));
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
