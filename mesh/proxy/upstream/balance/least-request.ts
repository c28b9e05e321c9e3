import type { Balancer } from './balancer.ts';

/**
 * Of two taken at random, the one with fewer requests under way (power of two choices).
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-least-request
 */
export function leastRequest(source: () => number): Balancer {
  return (hosts) => {
    const first = hosts[Math.floor(source() * hosts.length)] as (typeof hosts)[number];
    if (hosts.length === 1) return first;
    const second = hosts[Math.floor(source() * hosts.length)] as (typeof hosts)[number];
    return second.active < first.active ? second : first;
  };
}
