/** Request lines that node lets through and that lead nowhere: `GET http://[::1/ HTTP/1.1`. */
import type { Context, Middleware } from 'koa';
import { answerProblem, Problem } from './problem.ts';

/** Koa middleware that answers 400 where the target of a request is no URL; whatever asks for its path would throw. */
export function readableTarget(): Middleware {
  return (ctx, next) => {
    if (hasPath(ctx)) return next();
    answerProblem(ctx, new Problem(400, `${ctx.url} is no URL`));
  };
}

function hasPath(ctx: Context): boolean {
  try {
    return typeof ctx.path === 'string';
  } catch {
    return false;
  }
}
