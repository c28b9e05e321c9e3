/** What the joined request of a table's row comes to: its trail, calls that failed, programs that called nobody. */
import type { Lanes } from '../lanes/lanes.ts';
import type { Hop } from '../lanes/trail.ts';
import { arrivedColor, colorWord, isEntrance, partyName } from '../trace/hop.ts';
import type { TracedHop, TracedRequest } from '../trace/join.ts';

export interface ServedHops {
  /** In the order of calls. */
  trail: Hop[];
  /** Calls that nobody of the lanes served, though they were for one of them; in words. */
  failures: string[];
  silent: Silent[];
}

/** A program of one's own that was asked and should have called others, and no call passed its sidecar. */
export interface Silent {
  caller: string;
  calls: readonly string[];
}

export function servedHops(lanes: Lanes, { hops }: TracedRequest): ServedHops {
  const served: ServedHops = { trail: [], failures: [], silent: [] };
  const left = new Set<number>();
  for (const [index, hop] of hops.entries()) {
    if (isAside(hop, index, hops) || left.has(hop.parent ?? -1)) {
      left.add(index);
      continue;
    }
    const { to, from } = hop;
    if (to?.version === undefined) {
      if (to || isEntrance(hop)) served.failures.push(failureOf(hop));
      continue;
    }
    const before = served.trail.at(-1)?.service;
    served.trail.push({
      service: to.service,
      version: to.version,
      color: colorWord(arrivedColor(hop)),
      ...(hop.parent !== undefined && from.service !== before && { caller: from.service }),
    });
    const service = lanes.services.find(({ name }) => name === to.service);
    const version = service?.versions.find(({ name }) => name === to.version);
    const calls = hops.some(({ parent }) => parent === index);
    if (service && service.calls.length > 0 && !calls && version?.run.type !== 'stand-in')
      served.silent.push({ caller: partyName(to), calls: service.calls });
  }
  return served;
}

/** Whether the answer did not wait for it: a mirror's copy called, or a program that had answered already. */
function isAside({ parent, startedAt }: TracedHop, index: number, hops: readonly TracedHop[]): boolean {
  const caller = hops[parent ?? -1];
  return caller ? startedAt > caller.startedAt + caller.durationMs + 1 : index > 0;
}

/** Why a call for one of the services reached nobody. */
function failureOf(hop: TracedHop): string {
  const { to, from, status, flags } = hop;
  const why = flags.length > 0 ? `${status} (${flags.join(', ')})` : String(status);
  if (!to) return `none of the services was asked: ${why}`;
  return `${to.service} did not answer ${isEntrance(hop) ? 'the gateway' : partyName(from)}: ${why}`;
}
