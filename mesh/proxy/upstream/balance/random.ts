import type { Balancer } from './balancer.ts';

/** Any, each as likely as the others. */
export function random(source: () => number): Balancer {
  return (hosts) => hosts[Math.floor(source() * hosts.length)] as (typeof hosts)[number];
}
