/** Takes the headers in, in code: a middleware for each framework that has its own kind. */
import type { EventEmitter } from 'node:events';
import { bindEvents, carry, type IncomingHeaders, takeIn } from './carried-headers.ts';
import { type CarrySettings, readSettings, settingsOf } from './settings.ts';

interface Request extends EventEmitter {
  headers: IncomingHeaders;
}

/** Koa middleware: what comes after it is part of the request. The first of all, as nothing before it is. */
export function koaCarry(
  settings: CarrySettings = settingsOf(process.env),
): <T>(ctx: { req: Request; res: EventEmitter }, next: () => Promise<T>) => Promise<T> {
  const begin = beginWith(settings);
  return ({ req, res }, next) => begin(req, res, next);
}

/** Express middleware, and that of all that take (request, response, next): Nest's, Fastify's with @fastify/middie. */
export function expressCarry(
  settings: CarrySettings = settingsOf(process.env),
): (request: Request, response: EventEmitter, next: () => void) => void {
  return beginWith(settings);
}

function beginWith(settings: CarrySettings) {
  const { names } = readSettings(settings);
  return <T>(request: Request, response: EventEmitter, work: () => T): T => {
    const taken = takeIn(request.headers, names);
    bindEvents(request, taken);
    bindEvents(response, taken);
    return carry(taken, work);
  };
}
