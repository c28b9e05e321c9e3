/** Load balancing: what a balancer is given and gives. */

/** What a balancer has to know of a host of the upstream (Envoy's word for an endpoint that it connects to). */
export interface BalancedHost {
  /** `address:port`. */
  readonly address: string;
  /** Requests of this proxy that it has not answered yet. */
  readonly active: number;
}

/**
 * Picks one of `hosts`, of which there is at least one. The list is never changed in place, so what was worked
 * out for it may be kept.
 * @param hash of the request, for consistentHash; undefined where the request lacks what is hashed.
 * @param attempt counts from 0 where the one picked before would not do; the hash alone would give the same again.
 */
export type Balancer = <T extends BalancedHost>(
  hosts: readonly T[],
  hash: number | undefined,
  attempt?: number,
) => T;
