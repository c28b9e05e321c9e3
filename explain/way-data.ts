/** One destination of a route, for a program. */
import type { Way } from './hop.ts';

export function wayAsData({ decision, passed, retries, hash }: Way) {
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
