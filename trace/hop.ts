/**
 * One request between two parties of the mesh, as the proxy of the caller saw it: what access logs tell, whichever
 * engine wrote them. Nothing in here knows a mesh or a cluster.
 */

/** A version of a service; the gateway has no version. */
export interface Party {
  service: string;
  version?: string;
}

export interface Hop {
  /** `x-request-id`; joins the hops of one request, where services carry it on. */
  requestId: string;
  /** Whose proxy decided. */
  from: Party;
  /** Who served it, as far as one did; absent where it is not known whom the request was for. */
  to?: Party;
  /** The colour as the caller sent it to its proxy; absent: no such header. */
  colorIn?: string;
  /** The colour as the proxy sent it on: rules may set it. */
  colorOut?: string;
  method: string;
  path: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
  /** 0 where the caller left before an answer. */
  status: number;
  /** Envoy's response flags. */
  flags: readonly string[];
  /** Name of the route that decided. */
  route?: string;
  /** Tries that reached out to an upstream. */
  attempts: number;
  /** What it was read from, for those who ask back. */
  evidence?: unknown;
}

export const GATEWAY: Party = { service: 'gateway' };

/** `service-a/release-v1`, `gateway`: a party as a key, and as people read it. */
export function partyName({ service, version }: Party): string {
  return version === undefined ? service : `${service}/${version}`;
}

/** Whether a hop went wrong: an answer of 5xx, none at all, or one that a proxy gave because it had to. */
export function hasFailed({ status, flags }: Hop): boolean {
  return status === 0 || status >= 500 || flags.some((flag) => FAILURES.has(flag));
}

/** Flags of an answer that no upstream gave; a delay on purpose (DI) is none. */
const FAILURES: ReadonlySet<string> = new Set([
  'NR',
  'NC',
  'UH',
  'UF',
  'UC',
  'UO',
  'UT',
  'URX',
  'UPE',
  'DC',
  'FI',
  'DPE',
]);
