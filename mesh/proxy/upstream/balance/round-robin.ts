import type { Balancer } from './balancer.ts';

/** Each in turn, from a random start so that proxies started together do not march in step. */
export function roundRobin(source: () => number): Balancer {
  let next = Math.floor(source() * 0x10000);
  return (hosts) => hosts[next++ % hosts.length] as (typeof hosts)[number];
}
