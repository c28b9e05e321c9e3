/** What every service does with every request, in order, before its own code. */
import Koa, { type Middleware } from 'koa';
import { bodyLimit } from './body-limit.ts';
import { colorWarnings } from './color-warnings.ts';
import type { ServiceConfig } from './config.ts';
import { hopOutcome } from './hop-outcome.ts';
import { type Logger, requestLog } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { misbehave } from './misbehavior.ts';
import { operational } from './operational.ts';
import type { OutboundOptions } from './outbound.ts';
import { problems } from './problem.ts';
import { carried, propagation } from './propagation.ts';
import { readableTarget } from './readable-target.ts';
import { closeWhenStopping, type Readiness } from './readiness.ts';

/** What a service is given rather than makes: a test gives its own. */
export interface ServiceDeps extends Pick<OutboundOptions, 'proxyFor'> {
  log: Logger;
  readiness: Readiness;
}

/** A Koa app that serves the operational paths itself and everything else by `serve`. */
export function createApp(config: ServiceConfig, { log, readiness }: ServiceDeps, serve: Middleware): Koa {
  const metrics = createMetrics(config);
  const app = new Koa();
  app.on('error', (error: NodeJS.ErrnoException, ctx?: Koa.Context) => {
    // from Koa itself: of this request's own connection
    if (ctx && isOfConnection(error)) log.debug({ code: error.code }, 'the client hung up, or sent no HTTP');
    else log.error({ err: error }, 'request failed');
  });

  app.use(readableTarget());
  app.use(metrics.measure);
  app.use(closeWhenStopping(readiness));
  app.use(propagation(config.propagate, colorWarnings(log), config.carrier));
  app.use(requestLog(log));
  app.use(problems((error) => app.emit('error', error)));
  app.use(bodyLimit());
  app.use(operational(readiness, metrics.registry));
  app.use((_ctx, next) => {
    metrics.countHop(hopOutcome(carried().color, config.version));
    return next();
  });
  app.use(
    misbehave({
      service: config.name,
      version: config.version,
      allowed: config.mayMisbehave,
      always: config.misbehavior,
    }),
  );
  app.use(serve);
  return app;
}

function isOfConnection({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || connectionEnded.has(code);
}

const connectionEnded: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ERR_HTTP_REQUEST_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);
