/** Logs as JSON lines on standard output. */
import type { Context, Middleware, Next } from 'koa';
import { type DestinationStream, type Logger, pino } from 'pino';
import { logOutput } from './log-output.ts';
import { carried } from './propagation.ts';
import { requestIds } from './request-ids.ts';

export type { Logger };

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Every line says who wrote it and, inside a request, for which request, trace and colour. */
export function createLogger(
  self: { name: string; version: string; logLevel: LogLevel },
  destination?: DestinationStream,
): Logger {
  const base = { service: self.name, version: self.version };
  const lost = (lines: number) =>
    `${JSON.stringify({ level: 'warn', time: new Date(), ...base, lines, msg: 'log lines lost: nobody read them' })}\n`;
  const options = {
    level: self.logLevel,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    serializers: { err: describeError },
    mixin: () => ({ color: carried().color, ...requestIds(carried()) }),
  };
  return pino(options, destination ?? logOutput(lost));
}

/** No other property: a parser's error holds the raw bytes of a request, axios' all its headers. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, code, stack } = error as NodeJS.ErrnoException;
  return { type: name, message, ...(code !== undefined && { code }), stack };
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
