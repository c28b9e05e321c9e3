import type { Balancer } from './balancer.ts';

/**
 * Of two taken at random, the one with fewer requests under way (power of two choices).
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-least-request
 */
export function leastRequest(source: () => number): Balancer {
  return (targets) => {
    const first = targets[Math.floor(source() * targets.length)] as (typeof targets)[number];
    if (targets.length === 1) return first;
    const second = targets[Math.floor(source() * targets.length)] as (typeof targets)[number];
    return second.active < first.active ? second : first;
  };
}
