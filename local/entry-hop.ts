/** An entry of the local mesh's access log as a hop. */
import { writtenColor } from '../carry/color-carrier.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { fqdn } from '../mesh/network/registry.ts';
import type { AccessLogEntry } from '../mesh/proxy/access-log.ts';
import { gateway, type LoggedHop, type Party } from '../trace/hop.ts';

/** Who listens at an address such as `127.0.0.1:40123`; undefined: none of the lanes. */
export type WhoListens = (address: string) => { service: LaneService; version: LaneVersion } | undefined;

/** @returns reads entries of the mesh that runs these lanes, as they come */
export function entryReader(lanes: Lanes, whoListens: WhoListens): (entry: AccessLogEntry) => LoggedHop {
  const { carrier, header } = lanes;
  const callers = new Map<string, Party>();
  const services = new Map<string, string>();
  for (const service of lanes.services) {
    for (const name of [fqdn(service), service.name, `${service.name}.${service.namespace}`])
      services.set(name, service.name);
    for (const { name: version } of service.versions)
      callers.set(`${service.name}/${version}`, { service: service.name, version });
  }
  /** Who served it; where nobody did, whom it was for. */
  const calleeOf = ({ upstreamCluster = '', upstreamHost = '', authority }: AccessLogEntry) => {
    const listener = whoListens(upstreamHost);
    if (listener) return { service: listener.service.name, version: listener.version.name };
    const service = services.get(upstreamCluster.split('|')[3] ?? authority.replace(/:\d+$/, ''));
    return service === undefined ? undefined : { service };
  };

  return (entry) => {
    const { method, path, status, flags, durationMs, requestId, routeName, attempts, userAgent } = entry;
    const colorIn = writtenColor(carrier, (name) => joined(entry.head?.headers[name]), header);
    const colorOut = writtenColor(carrier, (name) => headerOf(entry.upstreamHeaders, name), header);
    const to = calleeOf(entry);
    return {
      requestId,
      from: callers.get(entry.proxy) ?? gateway,
      ...(to && { to }),
      ...(colorIn !== undefined && { colorIn }),
      ...(colorOut !== undefined && { colorOut }),
      method,
      path,
      startedAt: entry.startTime.getTime(),
      durationMs,
      status,
      flags,
      ...(routeName && { route: routeName }),
      ...(userAgent && { userAgent }),
      attempts,
      evidence: entry,
    };
  };
}

/** Of `[name, value, name, value, …]`; several lines are one value, with commas, as an app gets them. */
function headerOf(lines: readonly string[], name: string): string | undefined {
  const values = lines.filter((_, i) => i % 2 === 1 && lines[i - 1] === name);
  return values.length > 0 ? values.join(',') : undefined;
}

function joined(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(',') : value;
}
