/** Load balancing: one of the healthy endpoints of a cluster for one request. */
import type { LoadBalancer } from '../../../rules/model.ts';
import { leastRequest } from './least-request.ts';
import { random } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin } from './round-robin.ts';

/** What a balancer has to know of an endpoint. */
export interface Target {
  /** `address:port`. */
  readonly address: string;
  /** Requests of this proxy that it has not answered yet. */
  readonly active: number;
}

/**
 * Picks one of `targets`, of which there is at least one. The list is never changed in place, so what was worked
 * out for it may be kept.
 * @param hash of the request, for consistentHash; undefined where the request lacks what is hashed.
 * @param attempt counts from 0 where the one picked before would not do; the hash alone would give the same again.
 */
export type Balancer = <T extends Target>(
  targets: readonly T[],
  hash: number | undefined,
  attempt?: number,
) => T;

/** @param source in [0, 1). */
export function createBalancer(policy: LoadBalancer | undefined, source: () => number): Balancer {
  switch (policy?.type) {
    case 'ROUND_ROBIN':
      return roundRobin(source);
    case 'RANDOM':
      return random(source);
    case 'consistentHash':
      return ringHash(policy.minimumRingSize, source);
    default:
      return leastRequest(source); // Istio's default
  }
}
