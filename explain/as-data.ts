/** What a proxy does with a request, for a program. */
import type { Ending, ProxyHop, Way } from './hop.ts';
import type { Answerer } from './serving.ts';

/**
 * What was tried, what happens on the way, and each ending.
 * @param proxied undefined where no proxy is asked
 * @param servedBy those that may answer, for a program
 */
export function hopAsData(
  proxied: Omit<ProxyHop, 'endings'> | undefined,
  endings: readonly Ending[],
  servedBy: (answerers: readonly Answerer[]) => unknown,
) {
  const { virtualHosts = [], routes = [], mirrors = [] } = proxied?.explanation ?? {};
  return {
    virtualHosts,
    routes,
    fault: proxied?.plan.fault,
    timeoutMs: proxied?.plan.timeoutMs,
    mirrors,
    endings: endings.map(({ percent, outcome, answerers, way }) => ({
      percent,
      ...(way && wayAsData(way)),
      servedBy: servedBy(answerers),
      outcome,
    })),
  };
}

/** One destination of a route. */
function wayAsData({ decision, passed, retries, hash }: Way) {
  const { attempts, retryOn, statusCodes, perTryTimeoutMs } = retries;
  const changes = (all: typeof decision.requestHeaders) =>
    all.map(({ remove, set, add }) => ({
      remove,
      set: Object.fromEntries(set),
      add: Object.fromEntries(add),
    }));
  return {
    cluster: decision.cluster,
    passed,
    path: decision.path,
    authority: decision.authority,
    requestHeaders: changes(decision.requestHeaders),
    responseHeaders: changes(decision.responseHeaders),
    retries: { attempts, retryOn, statusCodes, perTryTimeoutMs },
    hash,
  };
}
