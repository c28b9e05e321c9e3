/** Reads request bodies to a bound and drops them: these services answer to the head of a request alone. */
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

const defaultLimitBytes = 64 * 1024;

/** Koa middleware: 413 for a body longer than the limit, 400 for one that breaks off. */
export function bodyLimit(limitBytes = defaultLimitBytes): Middleware {
  return (ctx, next) => (hasBody(ctx.req) ? dropBody(ctx.req, limitBytes).then(next) : next());
}

function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return headers['content-length'] !== undefined && headers['content-length'] !== '0';
}

function dropBody(req: IncomingMessage, limitBytes: number): Promise<void> {
  if (Number(req.headers['content-length']) > limitBytes) return Promise.reject(tooLong(limitBytes));
  return new Promise((resolve, reject) => {
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limitBytes) reject(tooLong(limitBytes));
    });
    req.once('end', resolve);
    req.once('close', () => reject(new Problem(400, 'the request body broke off')));
  });
}

function tooLong(limitBytes: number): Problem {
  // the connection stays, and Node drops the rest as it comes until its requestTimeout: closed while the client still
  // sends, it would often be reset before the client has read the answer
  return new Problem(413, `request bodies are limited to ${limitBytes} bytes`);
}
