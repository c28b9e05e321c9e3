/**
 * Who served a request at each hop, read from the access log of the mesh. The programs need know nothing of it: each
 * calls through a sidecar of its own, so who asked and who was asked stands in the log.
 */

import { parseColor } from '../carry/color.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import type { Hop } from '../lanes/trail.ts';
import type { AccessLogEntry } from '../mesh/proxy/access-log.ts';

/** Who listens at an address such as `127.0.0.1:40123`; undefined: none of the lanes. */
export type WhoListens = (address: string) => { service: LaneService; version: LaneVersion } | undefined;

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

/**
 * The hops of one request.
 * @param log of all proxies, from before the request to after its answer, each entry when its request ended
 * @param root the gateway's entry of it
 */
export function servedHops(
  lanes: Lanes,
  log: readonly AccessLogEntry[],
  root: AccessLogEntry,
  whoListens: WhoListens,
): ServedHops {
  const hops: ServedHops = { trail: [], failures: [], silent: [] };
  follow(root, undefined);
  return hops;

  function follow(entry: AccessLogEntry, caller: string | undefined): void {
    const served = entry.upstreamHost === undefined ? undefined : whoListens(entry.upstreamHost);
    if (!served) {
      const failure = failureOf(lanes, entry);
      if (failure) hops.failures.push(failure);
      return;
    }
    const { service, version } = served;
    const before = hops.trail.at(-1)?.service;
    hops.trail.push({
      service: service.name,
      version: version.name,
      color: parseColor(headerOf(entry, lanes.header)).color,
      ...(caller !== undefined && caller !== before && { caller }),
    });
    const name = `${service.name}/${version.name}`;
    const calls = callsWithin(log, entry, name);
    for (const call of calls) follow(call, service.name);
    if (calls.length === 0 && service.calls.length > 0 && version.run.type !== 'stand-in')
      hops.silent.push({ caller: name, calls: service.calls });
  }
}

/** What the proxy beside the one that served `entry` called meanwhile, in order. */
function callsWithin(log: readonly AccessLogEntry[], entry: AccessLogEntry, proxy: string): AccessLogEntry[] {
  const from = entry.startTime.getTime();
  const to = from + entry.durationMs + 1;
  const meanwhile = log.filter((call) => {
    const at = call.startTime.getTime();
    return call !== entry && call.proxy === proxy && at >= from && at <= to;
  });
  // A program that carries the request's id on tells its calls apart from those for other requests.
  const marked = meanwhile.filter(({ requestId }) => requestId === entry.requestId);
  const calls = marked.length > 0 ? marked : meanwhile;
  return calls.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
}

/** Why a call for one of the services reached nobody; undefined where it was for somebody outside. */
function failureOf(lanes: Lanes, entry: AccessLogEntry): string | undefined {
  const { authority, upstreamCluster = '', status, flags, proxy } = entry;
  const [host = ''] = authority.split(':');
  const target = lanes.services.find(
    ({ name, namespace }) =>
      host === name ||
      host.startsWith(`${name}.${namespace}`) ||
      upstreamCluster.includes(`|${name}.${namespace}.`),
  );
  if (!target && proxy !== 'gateway') return undefined;
  const why = flags.length > 0 ? `${status} (${flags.join(', ')})` : String(status);
  return proxy === 'gateway'
    ? `${target?.name ?? 'nobody'} did not answer the gateway: ${why}`
    : `${target?.name} did not answer ${proxy}: ${why}`;
}

/** The header as it went on to the upstream. */
function headerOf({ upstreamHeaders }: AccessLogEntry, name: string): string | undefined {
  const values: string[] = [];
  for (let i = 0; i < upstreamHeaders.length; i += 2) {
    if (upstreamHeaders[i] === name) values.push(upstreamHeaders[i + 1] ?? '');
  }
  return values.length > 0 ? values.join(', ') : undefined;
}
