/** Copies of a request to other clusters: sent and forgotten. */
import { Attempt, type AttemptOwner } from './attempt.ts';
import { timerMs } from './timer.ts';
import type { Host } from './upstream/host.ts';
import type { UpstreamRequest } from './upstream/http2-try.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Takes an answer and drops it; a failure reaches nobody (Envoy's shadow writer). */
const forgetful: AttemptOwner = {
  onHead: (attempt, status) => attempt.upstream.report(attempt.host, status),
  onData: () => true,
  onEnd: () => {},
  onUpgrade: (attempt) => attempt.abandon(),
  onFailure: (attempt) => attempt.upstream.report(attempt.host, 503),
  onDefect: (attempt) => attempt.abandon(),
};

/**
 * Sends a copy to one endpoint of `upstream`, if there is one and the limits of the cluster allow it. With
 * consistentHash it is any endpoint: Envoy hands a copy on without the route's hash.
 * @param requestTo undefined: no copy for this host; `giveUp` is called when the host falls too far behind.
 * @param clientVersion of HTTP, that the client speaks
 * @param timeoutMs the route's; undefined: none.
 */
export function sendMirror(
  upstream: Upstream,
  requestTo: (host: Host, giveUp: () => void) => UpstreamRequest | undefined,
  clientVersion: string,
  timeoutMs: number | undefined,
): void {
  const host = upstream.pick(undefined, []);
  let attempt: Attempt | undefined;
  let isGivenUp = false;
  const request =
    host &&
    requestTo(host, () => {
      isGivenUp = true;
      attempt?.abandon();
    });
  if (!request) return;
  const version = upstream.versionFor(clientVersion);
  const send = (connecting: boolean) => {
    attempt = new Attempt(forgetful, upstream, host, connecting);
    if (isGivenUp) attempt.abandon();
    else host.dispatch(version, request, attempt);
    if (timeoutMs !== undefined) setTimeout(() => attempt?.abandon(), timerMs(timeoutMs)).unref();
  };
  const idle = host.isIdle(version);
  if (!upstream.breaker) send(false);
  else if (upstream.breaker.enter(idle, () => send(false)) === 'go') send(!idle);
}
