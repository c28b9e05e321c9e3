/** IN_MESH: to which hosts the headers go. To all others they never go. */

/** Whether requests to this authority (`service-b`, `service-b:32000`, `[::1]:80`) stay inside the mesh. */
export type InMesh = (authority: string, defaultPort: number) => boolean;

/** A list of hosts that cannot be read; the message says what is wrong and what can be written. */
export class MeshHostsError extends Error {
  override name = 'MeshHostsError';
}

type Rule = (host: string, port: string) => boolean;

/** Names without a dot, and the long names of Kubernetes' Services: what only a cluster's own DNS knows. */
const DEFAULT_HOSTS: Rule = (host) =>
  !/[.:]/.test(host) || host.endsWith('.svc') || host.endsWith('.svc.cluster.local');

const REMEMBERED = 1_000;

/**
 * Reads hosts separated by commas: `name`, `*.domain` (all below it), `*` (all), an address, each with `:port` or
 * without; also as an origin, `http://name:port`. `default` stands for what holds when nothing is given: names without
 * a dot, `*.svc` and `*.svc.cluster.local`.
 * @throws MeshHostsError
 */
export function meshHosts(list = ''): InMesh {
  const written = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean);
  const rules = written.length === 0 ? [DEFAULT_HOSTS] : written.map(ruleOf);
  // a program calls few hosts, each many times
  const known = new Map<string, boolean>();
  return (authority, defaultPort) => {
    const key = `${defaultPort} ${authority}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const target = split(authority.toLowerCase());
    const isIn =
      target !== undefined && rules.some((rule) => rule(target.host, target.port ?? String(defaultPort)));
    if (known.size === REMEMBERED) known.clear();
    known.set(key, isIn);
    return isIn;
  };
}

function ruleOf(entry: string): Rule {
  if (entry === 'default') return DEFAULT_HOSTS;
  const [, scheme, authority = ''] = /^(?:(https?):\/\/)?(.*?)\/?$/.exec(entry) ?? [];
  const target = split(authority);
  if (!target || !/^(\*|(\*\.)?[a-z0-9_.-]+|[0-9a-f:.]+)$/.test(target.host)) {
    throw new MeshHostsError(
      `${JSON.stringify(entry)} is no host; write name, *.domain, * or an address, with or without :port, or default`,
    );
  }
  const port = target.port ?? (scheme && (scheme === 'http' ? '80' : '443'));
  const isHost = hostRule(target.host);
  return (host, asked) => isHost(host) && (port === undefined || port === asked);
}

function hostRule(pattern: string): (host: string) => boolean {
  if (pattern === '*') return () => true;
  if (pattern.startsWith('*.')) return (host) => host.endsWith(pattern.slice(1));
  return (host) => host === pattern;
}

/** Host (of an IPv6 address without its brackets, of a name without its last dot) and port, if there is one. */
function split(authority: string): { host: string; port?: string } | undefined {
  const [, ipv6, name, port] = /^(?:\[([^\]]+)\]|([^:[\]/@\s]+?)\.?)(?::(\d+))?$/.exec(authority) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined) return undefined;
  return port === undefined ? { host } : { host, port };
}
