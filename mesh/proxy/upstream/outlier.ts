/**
 * Outlier detection: which endpoints are left out for a while because they fail, as a state machine without timers.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 */
import type { OutlierDetection } from '../../rules/model.ts';

/** Envoy's max_ejection_time, which Istio leaves at its default. */
const maxEjectionTimeMs = 300_000;

interface Health {
  consecutive5xx: number;
  consecutiveGatewayErrors: number;
  /** Multiplier of the next ejection's time: grows by one each time, shrinks with each healthy interval. */
  backoff: number;
  ejectedAt: number | undefined;
}

/** One cluster's memory of how its endpoints answered. `K` names an endpoint. */
export class OutlierDetector<K> {
  readonly #config: OutlierDetection;
  readonly #now: () => number;
  readonly #health = new Map<K, Health>();
  #ejected = 0;

  /** @param now milliseconds, monotonic. */
  constructor(config: OutlierDetection, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /** Says which endpoints there are; what is known about others is forgotten. */
  retain(endpoints: Iterable<K>): void {
    const kept = new Set(endpoints);
    for (const endpoint of this.#health.keys()) if (!kept.has(endpoint)) this.#health.delete(endpoint);
    for (const endpoint of kept) {
      if (this.#health.has(endpoint)) continue;
      this.#health.set(endpoint, {
        consecutive5xx: 0,
        consecutiveGatewayErrors: 0,
        backoff: 0,
        ejectedAt: undefined,
      });
    }
    this.#ejected = 0;
    for (const health of this.#health.values()) if (health.ejectedAt !== undefined) this.#ejected++;
  }

  isEjected(endpoint: K): boolean {
    return this.#health.get(endpoint)?.ejectedAt !== undefined;
  }

  /** Some endpoint is ejected, or is not yet forgiven: {@link sweep} has work. */
  get busy(): boolean {
    for (const health of this.#health.values()) if (health.backoff > 0) return true;
    return false;
  }

  /**
   * Notes one answer. A failed connection counts as 503 and a time-out as 504, as in Envoy.
   * @returns whether the endpoint was ejected by it.
   */
  report(endpoint: K, status: number): boolean {
    const health = this.#health.get(endpoint);
    if (!health) return false;
    if (status < 500) {
      health.consecutive5xx = 0;
      health.consecutiveGatewayErrors = 0;
      return false;
    }
    const gatewayError = status === 502 || status === 503 || status === 504;
    health.consecutive5xx++;
    health.consecutiveGatewayErrors = gatewayError ? health.consecutiveGatewayErrors + 1 : 0;
    const byGatewayErrors =
      gatewayError && reached(health.consecutiveGatewayErrors, this.#config.consecutiveGatewayErrors);
    const by5xx = reached(health.consecutive5xx, this.#config.consecutive5xxErrors);
    if (byGatewayErrors) health.consecutiveGatewayErrors = 0;
    if (by5xx) health.consecutive5xx = 0;
    return (byGatewayErrors || by5xx) && this.#eject(health);
  }

  #eject(health: Health): boolean {
    if (health.ejectedAt !== undefined) return false;
    if ((100 * (this.#ejected + 1)) / this.#health.size > this.#config.maxEjectionPercent) return false;
    health.ejectedAt = this.#now();
    const { baseEjectionTimeMs } = this.#config;
    if (health.backoff * baseEjectionTimeMs < maxEjectionTimeMs + baseEjectionTimeMs) health.backoff++;
    this.#ejected++;
    return true;
  }

  /** To be called once an interval. @returns whether an endpoint came back. */
  sweep(): boolean {
    const { baseEjectionTimeMs } = this.#config;
    const longest = Math.max(maxEjectionTimeMs, baseEjectionTimeMs);
    const now = this.#now();
    let cameBack = false;
    for (const health of this.#health.values()) {
      if (health.ejectedAt === undefined) {
        if (health.backoff > 0) health.backoff--;
      } else if (now - health.ejectedAt >= Math.min(baseEjectionTimeMs * health.backoff, longest)) {
        health.ejectedAt = undefined;
        health.consecutive5xx = 0;
        health.consecutiveGatewayErrors = 0;
        this.#ejected--;
        cameBack = true;
      }
    }
    return cameBack;
  }
}

function reached(count: number, limit: number): boolean {
  return limit > 0 && count >= limit;
}
