/**
 * One request between two parties of the mesh, as proxies saw it: what access logs tell, whichever engine wrote them.
 * Nothing in here knows a mesh or a cluster.
 */
import { noColor, parseColor } from '../carry/color.ts';

/** A version of a service; the gateway has no version. */
export interface Party {
  service: string;
  version?: string;
  /** The one of its replicas, where it is known: a pod. */
  instance?: string;
}

export interface LoggedHop {
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
  /** Where the log has no colour, or not both: what is known all the same, and `colorIn` and `colorOut` say nothing. */
  seen?: SeenColors;
  method: string;
  path: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
  /** The same by the clock of the proxy of the one who served it, which is also that of his calls; default: as above. */
  served?: Span;
  /** 0 where the caller left before an answer. */
  status: number;
  /** Envoy's response flags. */
  flags: readonly string[];
  /** Name of the route that decided. */
  route?: string;
  /** Tries that reached out to an upstream. */
  attempts: number;
  /** Whose proxies told of it; default: the caller's. */
  view?: View;
  /** The program that asked, as its user-agent says. */
  userAgent?: string;
  /** What it was read from, for those who ask back. */
  evidence?: unknown;
}

interface Span {
  startedAt: number;
  durationMs: number;
}

/** How a line of a log is matched with that of the proxy at the other end of the connection: `address:port` of both. */
export interface View {
  by: 'caller' | 'callee' | 'both';
  /** Of the caller. */
  near?: string;
  /** Of the callee. */
  far?: string;
}

/** What somebody knows of a colour: it itself, `-` for none; or which ones it is not. */
export type Seen = { color: string } | { noneOf: readonly string[] };

interface SeenColors {
  in?: Seen;
  out?: Seen;
  /** A rule gave it a colour, or took it away, on its way out. */
  set?: true;
}

export const gateway: Party = { service: 'gateway' };

/** `service-a/release-v1`, `gateway`: a party as a key, and as people read it. */
export function partyName({ service, version }: Party): string {
  return version === undefined ? service : `${service}/${version}`;
}

/** Whether this is one and the same: replicas of a version are not, where both are known. */
export function isSame(one: Party, other: Party): boolean {
  if (one.instance !== undefined && other.instance !== undefined) return one.instance === other.instance;
  return one.service === other.service && one.version === other.version;
}

/** Whether it came into the mesh with this hop, by a gateway. */
export function isEntrance({ from }: LoggedHop): boolean {
  return from.service === gateway.service && from.version === undefined;
}

/** What is known of the colour that the caller sent. A colour that no version can have is none. */
export function sentColor({ seen, colorIn }: LoggedHop): Seen | undefined {
  return seen ? seen.in : { color: parseColor(colorIn).color };
}

/** What is known of the colour that reached the one who served it. */
export function arrivedColor({ seen, colorOut }: LoggedHop): Seen | undefined {
  return seen ? seen.out : { color: parseColor(colorOut).color };
}

/** `release-v1`, `-` for none, `?` where it is not known. */
export function colorWord(seen: Seen | undefined): string {
  return seen && 'color' in seen ? seen.color : '?';
}

/** Whether it is known to have a colour. */
export function isColored(seen: Seen | undefined): boolean {
  return seen !== undefined && 'color' in seen && seen.color !== noColor;
}

/** Whether a hop went wrong: an answer of 5xx, none at all, or one that a proxy gave because it had to. */
export function hasFailed({ status, flags }: LoggedHop): boolean {
  return status === 0 || status >= 500 || flags.some((flag) => failures.has(flag));
}

/** Flags of an answer that no upstream gave; a delay on purpose (DI) is none. */
const failures: ReadonlySet<string> = new Set([
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
