/**
 * Consistent hashing: the same hash stays with the same endpoint while the others come and go.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#ring-hash
 * Envoy hashes with xxHash64, this with 32 bits of MurmurHash3: which endpoint a key gets differs, that it keeps it
 * does not.
 */

import type { BalancedHost, Balancer } from './balancer.ts';
import { murmur3 } from './murmur3.ts';

interface Ring {
  /** Ascending. */
  hashes: Uint32Array;
  /** Index into the hosts, for each hash. */
  owners: Uint32Array;
}

/** A request without what is hashed goes to a random place on the ring. */
export function ringHash(minimumRingSize: number, source: () => number): Balancer {
  let builtFor: readonly BalancedHost[] | undefined;
  let ring: Ring = { hashes: new Uint32Array(), owners: new Uint32Array() };
  return (hosts, hash = Math.floor(source() * 2 ** 32), attempt = 0) => {
    if (builtFor !== hosts) {
      ring = buildRing(hosts, minimumRingSize);
      builtFor = hosts;
    }
    const place = (firstFrom(ring.hashes, hash) + attempt) % ring.hashes.length;
    return hosts[ring.owners[place] ?? 0] as (typeof hosts)[number];
  };
}

function buildRing(hosts: readonly BalancedHost[], minimumRingSize: number): Ring {
  const each = Math.ceil(minimumRingSize / hosts.length);
  const points: { hash: number; owner: number }[] = [];
  hosts.forEach(({ address }, owner) => {
    for (let i = 0; i < each; i++) points.push({ hash: murmur3(`${address}_${i}`), owner });
  });
  points.sort((a, b) => a.hash - b.hash);
  return {
    hashes: Uint32Array.from(points, ({ hash }) => hash),
    owners: Uint32Array.from(points, ({ owner }) => owner),
  };
}

/** Index of the first hash that is not below `hash`; past the last one, the ring begins anew. */
function firstFrom(hashes: Uint32Array, hash: number): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low === hashes.length ? 0 : low;
}
