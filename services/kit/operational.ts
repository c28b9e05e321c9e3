/** The paths that are for the platform, not for callers: the same in every service, GET only. */
import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { Registry } from 'prom-client';
import { Problem } from './problem.ts';
import type { Readiness } from './readiness.ts';

const paths = ['/healthz', '/readyz', '/metrics'];

/** Koa middleware that answers on the operational paths; every other request goes on without being matched to routes. */
export function operational(readiness: Readiness, registry: Registry): Middleware {
  const isOperational: ReadonlySet<string> = new Set(paths);
  const serve = operationalRouter(readiness, registry).routes() as Middleware;
  return (ctx, next) => (isOperational.has(ctx.path) ? serve(ctx, next) : next());
}

function operationalRouter(readiness: Readiness, registry: Registry): Router {
  const router = new Router({ sensitive: true, strict: true });

  // first: to the router a GET route is one for HEAD too
  router.all(paths, (ctx, next) => {
    if (ctx.method === 'GET') return next();
    throw new Problem(405, `${ctx.method} ${ctx.path}: GET only`, { headers: { allow: 'GET' } });
  });
  router.get('/healthz', (ctx) => {
    ctx.body = 'ok';
  });
  router.get('/readyz', (ctx) => {
    ctx.status = readiness.isReady() ? 200 : 503;
    ctx.body = readiness.isReady() ? 'ready' : 'not ready';
  });
  router.get('/metrics', async (ctx) => {
    ctx.type = registry.contentType;
    ctx.body = await registry.metrics();
  });
  return router;
}
