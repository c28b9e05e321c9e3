/** Work for a client that hung up is work for nobody. */
import type { Context } from 'koa';

/** A signal that aborts when the client closes the connection before it has its answer. */
export function clientGone(ctx: Context): AbortSignal {
  const controller = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) controller.abort();
  });
  return controller.signal;
}
