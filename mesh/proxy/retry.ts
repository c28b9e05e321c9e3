/**
 * When a failed try is tried again, and after how long: Envoy's retry state without its sockets.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on
 */
import type { RetryAtNext, RetryPolicy } from '../rules/model.ts';

/** Why a try ended without an answer. */
export type Reset =
  | 'connectFailure'
  | 'connectTimeout'
  | 'connectionTermination'
  | 'protocolError'
  | 'overflow'
  /** The peer reset the stream of HTTP/2: before it looked at the request, or later. */
  | 'refusedStream'
  | 'remoteReset'
  | 'perTryTimeout';

/** Istio's policy where a route writes none (pilot: networking/core/route/retry). */
const istioDefault: RetryPolicy = {
  attempts: 2,
  retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
  retriableStatusCodes: [],
};

const grpcStatus: Readonly<Record<string, string>> = {
  cancelled: '1',
  'deadline-exceeded': '4',
  'resource-exhausted': '8',
  internal: '13',
  unavailable: '14',
};

/** A retry policy, ready to be asked; one for each route. */
export class RetryRules {
  /** Retries after the first try. */
  readonly attempts: number;
  readonly perTryTimeoutMs: number | undefined;
  /** Nobody has written any. */
  readonly isDefault: boolean;
  readonly retryOn: readonly string[];
  readonly statusCodes: readonly number[];
  readonly #on: ReadonlySet<string>;
  readonly #statusCodes: ReadonlySet<number>;
  readonly #grpcStatus: ReadonlySet<string>;
  readonly #merged = new WeakMap<RetryAtNext, RetryRules>();

  /** @param policy absent: Istio's default. */
  constructor(policy: RetryPolicy = istioDefault) {
    const retryOn = policy.retryOn.length === 0 ? istioDefault.retryOn : policy.retryOn;
    this.isDefault = policy === istioDefault;
    this.attempts = policy.attempts;
    this.perTryTimeoutMs = policy.perTryTimeoutMs;
    this.retryOn = retryOn;
    this.statusCodes = policy.retriableStatusCodes;
    this.#on = new Set(retryOn);
    this.#statusCodes = new Set(policy.retriableStatusCodes);
    this.#grpcStatus = new Set(retryOn.flatMap((word) => grpcStatus[word] ?? []));
  }

  /** These rules with what a fallback's filter merges into them, as istiod merges protobuf messages. */
  merged(patch: RetryAtNext): RetryRules {
    let rules = this.#merged.get(patch);
    if (!rules) {
      rules = new RetryRules({
        // Where the route has no retries, the patch is all of the policy; num_retries is 1 where none is written.
        attempts: this.attempts === 0 && patch.retryOn ? 1 : this.attempts,
        perTryTimeoutMs: this.perTryTimeoutMs,
        retryOn: patch.retryOn ?? this.retryOn,
        retriableStatusCodes: [...this.statusCodes, ...patch.statusCodes],
      });
      this.#merged.set(patch, rules);
    }
    return rules;
  }

  /** Whether an answer with this head is thrown away and the request tried again. */
  retriesStatus(status: number, grpcStatusHeader: string | undefined, overloaded: boolean): boolean {
    if (overloaded) return false;
    if (status >= 500 && this.#on.has('5xx')) return true;
    if ((status === 502 || status === 503 || status === 504) && this.#on.has('gateway-error')) return true;
    if (status === 409 && this.#on.has('retriable-4xx')) return true;
    if (this.#statusCodes.has(status) && this.#on.has('retriable-status-codes')) return true;
    return grpcStatusHeader !== undefined && this.#grpcStatus.has(grpcStatusHeader);
  }

  /** Whether a try that ended without an answer is made again; `sent`: some of the request went out. */
  retriesReset(reset: Reset, sent: boolean): boolean {
    if (reset === 'overflow') return false;
    if (this.#on.has('5xx') || this.#on.has('gateway-error') || this.#on.has('reset')) return true;
    if (reset === 'refusedStream' && this.#on.has('refused-stream')) return true;
    if (!sent && this.#on.has('reset-before-request')) return true;
    return (reset === 'connectFailure' || reset === 'connectTimeout') && this.#on.has('connect-failure');
  }
}

const baseIntervalMs = 25;
const maxIntervalMs = 250;

/** Milliseconds before the nth retry, from 1: full jitter below an interval that doubles, as in Envoy. */
export function backoffMs(retry: number, random: () => number): number {
  const interval = Math.min(baseIntervalMs * 2 ** (retry - 1), maxIntervalMs);
  return Math.floor(random() * interval);
}
