/** Copies of a request to other clusters: sent and forgotten. */
import type { Dispatcher } from 'undici';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Takes an answer and drops it; a failure reaches nobody (Envoy's shadow writer). */
const forgetful: AttemptOwner = {
  onHead: (attempt, status) => attempt.upstream.report(attempt.host, status),
  onData: () => true,
  onEnd: () => {},
  onUpgrade: (attempt) => attempt.abandon(),
  onFailure: (attempt) => attempt.upstream.report(attempt.host, 503),
};

/**
 * Sends a copy to one endpoint of `upstream`, if there is one and the limits of the cluster allow it. With
 * consistentHash it is any endpoint: Envoy hands a copy on without the route's hash.
 * @param timeoutMs the route's; undefined: none.
 */
export function sendMirror(
  upstream: Upstream,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number | undefined,
): void {
  const host = upstream.pick(undefined, []);
  if (!host) return;
  const send = (connecting: boolean) => {
    const attempt = new Attempt(forgetful, upstream, host, connecting);
    host.pool.dispatch(request, attempt);
    if (timeoutMs !== undefined) setTimeout(() => attempt.abandon(), timeoutMs).unref();
  };
  const idle = host.idle;
  if (!upstream.breaker) send(false);
  else if (upstream.breaker.enter(idle, () => send(false)) === 'go') send(!idle);
}
