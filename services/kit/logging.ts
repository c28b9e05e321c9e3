/** Logs as JSON lines on standard output. */
import type { Context, Middleware, Next } from 'koa';
import { type DestinationStream, type Logger, pino } from 'pino';
import { carried } from './propagation.ts';
import { requestIds } from './request-ids.ts';

export type { Logger };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every line says who wrote it and, inside a request, for which request, trace and colour. */
export function createLogger(
  self: { name: string; version: string; logLevel: LogLevel },
  destination?: DestinationStream,
): Logger {
  const options = {
    level: self.logLevel,
    base: { service: self.name, version: self.version },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    mixin: () => ({ color: carried().color, ...requestIds(carried()) }),
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Koa middleware: one line a request, at debug. */
export function requestLog(log: Logger): Middleware {
  // asked at each request: at info nothing is put together for a line that nobody gets
  return (ctx, next) => (log.isLevelEnabled('debug') ? logged(ctx, next, log) : next());
}

async function logged(ctx: Context, next: Next, log: Logger): Promise<void> {
  const start = performance.now();
  await next();
  const ms = Math.round((performance.now() - start) * 1000) / 1000;
  log.debug({ method: ctx.method, path: ctx.path, status: ctx.status, ms }, 'request');
}
