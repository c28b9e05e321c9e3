/** What a proxy tells about one request when it has ended, and the line that people know from Envoy. */
import type { RequestHead } from '../routing/decision.ts';
import type { Place } from '../rules/model.ts';

/**
 * Envoy's reason for an answer that was not the upstream's
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags).
 */
export type ResponseFlag =
  | 'NR' // no route
  | 'NC' // the route's cluster is not there
  | 'UH' // no healthy upstream
  | 'UF' // connection to the upstream failed
  | 'UC' // upstream closed the connection
  | 'UR' // upstream reset the stream
  | 'UO' // circuit breaker
  | 'UT' // upstream time-out
  | 'URX' // retry limit reached
  | 'UPE' // upstream broke the protocol
  | 'DC' // the client went away
  | 'DI' // delay injected
  | 'FI' // abort injected
  | 'DPE'; // the client broke the protocol

/** One request at one proxy. Times are milliseconds. */
export interface AccessLogEntry {
  /** Name of the proxy: `gateway`, `service-a/release-v1`. */
  proxy: string;
  startTime: Date;
  method: string;
  /** As the client sent it, before a rewrite. */
  path: string;
  protocol: string;
  authority: string;
  /** 0 where the client left before an answer. */
  status: number;
  flags: readonly ResponseFlag[];
  /** Envoy's word for who answered and why: `via_upstream`, `route_not_found`, … */
  details: string;
  /** Why the connection to the upstream failed, where it did. */
  transportFailure?: string;
  bytesReceived: number;
  bytesSent: number;
  durationMs: number;
  /** From the request's end to the head of the answer; absent where no upstream answered. */
  upstreamServiceTimeMs?: number;
  requestId: string;
  userAgent?: string;
  forwardedFor?: string;
  /** `address:port` of the endpoint of the last attempt. */
  upstreamHost?: string;
  /** Name of the endpoint in the registry, where it is one. */
  endpoint?: string;
  upstreamCluster?: string;
  routeName?: string;
  /** The rule that decided; absent for Istio's default routes. */
  rule?: Place;
  /** The request's header lines as they go on: name, value by turns; those of `host` left aside where nothing went. */
  upstreamHeaders: readonly string[];
  /** What the proxy decided on; absent where it could not even read it. */
  head?: RequestHead;
  /** Tries that reached out to an upstream. */
  attempts: number;
  /** Where this request met a defect of the mesh: the stack. */
  defect?: string;
  /** `address:port` of the caller. */
  downstream: string;
}

const dash = (value: string | number | undefined): string =>
  value === undefined || value === '' ? '-' : String(value);

/**
 * The entry as one line in Istio's default text format, and behind it the stack of a defect
 * (https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format).
 */
export function formatAccessLog(entry: AccessLogEntry): string {
  const line = [
    `[${entry.startTime.toISOString()}]`,
    `"${entry.method} ${entry.path} ${entry.protocol}"`,
    entry.status,
    dash(entry.flags.join(',')),
    dash(entry.details),
    '-',
    `"${dash(entry.transportFailure)}"`,
    entry.bytesReceived,
    entry.bytesSent,
    Math.round(entry.durationMs),
    dash(entry.upstreamServiceTimeMs),
    `"${dash(entry.forwardedFor)}"`,
    `"${dash(entry.userAgent)}"`,
    `"${dash(entry.requestId)}"`,
    `"${dash(entry.authority)}"`,
    `"${dash(entry.upstreamHost)}"`,
    dash(entry.upstreamCluster),
    '-',
    '-',
    entry.downstream,
    '-',
    dash(entry.routeName),
  ].join(' ');
  return entry.defect ? `${line}\n${entry.defect}` : line;
}
