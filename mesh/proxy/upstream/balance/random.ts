import type { Balancer } from './balancer.ts';

/** Any, each as likely as the others. */
export function random(source: () => number): Balancer {
  return (targets) => targets[Math.floor(source() * targets.length)] as (typeof targets)[number];
}
