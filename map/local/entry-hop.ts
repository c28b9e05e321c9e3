/** An entry of the local mesh's access log as a hop. */
import type { Lanes } from '../../lanes/lanes.ts';
import { fqdn } from '../../mesh/network/registry.ts';
import type { AccessLogEntry } from '../../mesh/proxy/access-log.ts';
import { GATEWAY, type Hop, type Party } from '../../trace/hop.ts';

/** @returns reads entries of the mesh that runs these lanes */
export function entryReader(lanes: Lanes): (entry: AccessLogEntry) => Hop {
  const callers = new Map<string, Party>();
  const versions = new Map<string, string>();
  const services = new Map<string, string>();
  for (const service of lanes.services) {
    const host = fqdn(service);
    for (const name of [host, service.name, `${service.name}.${service.namespace}`])
      services.set(name, service.name);
    for (const { name: version, replicas } of service.versions) {
      callers.set(`${service.name}/${version}`, { service: service.name, version });
      for (let i = 0; i < replicas; i++) versions.set(`${host} ${version}-${i}`, version);
    }
  }
  /** Who served it; where nobody did, whom it was for. */
  const calleeOf = ({ upstreamCluster = '', endpoint, authority }: AccessLogEntry): Party | undefined => {
    const host = upstreamCluster.split('|')[3] ?? authority.replace(/:\d+$/, '');
    const service = services.get(host);
    if (service === undefined) return undefined;
    const version = versions.get(`${host} ${endpoint}`);
    return version === undefined ? { service } : { service, version };
  };

  return (entry) => {
    const { method, path, status, flags, durationMs, requestId, routeName, attempts } = entry;
    const colorIn = joined(entry.head?.headers[lanes.header]);
    const colorOut = headerOf(entry.upstreamHeaders, lanes.header);
    const to = calleeOf(entry);
    return {
      requestId,
      from: callers.get(entry.proxy) ?? GATEWAY,
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
