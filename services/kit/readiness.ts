/** Whether this process wants requests, and how its callers learn that it no longer does. */
import type { Middleware } from 'koa';

/** Not ready is not unhealthy: it is only left out of the load balancing. */
export interface Readiness {
  isReady: () => boolean;
  isStopping: () => boolean;
  /** For good: a process that began to stop does not come back. */
  stop: () => void;
}

export function createReadiness(ready: boolean): Readiness {
  let stopping = false;
  return {
    isReady: () => ready && !stopping,
    isStopping: () => stopping,
    stop: () => {
      stopping = true;
    },
  };
}

/** Koa middleware: once it stops, each answer ends its connection, so that the caller makes its next one elsewhere. */
export function closeWhenStopping(readiness: Readiness): Middleware {
  return async (ctx, next) => {
    await next();
    if (readiness.isStopping()) ctx.set('connection', 'close');
  };
}
