/** Load balancing: one of the healthy endpoints of a cluster for one request. */
import type { LoadBalancer } from '../../../rules/model.ts';
import type { Balancer } from './balancer.ts';
import { leastRequest } from './least-request.ts';
import { random } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin } from './round-robin.ts';

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
