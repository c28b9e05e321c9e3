/** IN_MESH: to which hosts the headers go. To all others they never go. */

/**
 * Whether requests to this host stay inside the mesh: an authority (`service-b`, `service-b:32000`, `[::1]:80`), or an
 * origin (`https://service-b`). An authority without a port means the port of http, or of `scheme`.
 */
export type InMesh = (host: string, scheme?: Scheme) => boolean;

export type Scheme = 'http' | 'https';

/** A list of hosts that cannot be read; the message says what is wrong and what can be written. */
export class MeshHostsError extends Error {
  override name = 'MeshHostsError';
}

type Rule = (host: string, port: string) => boolean;

/** Names without a dot, and the long names of Kubernetes' Services: what only a cluster's own DNS knows. */
const defaultHosts: Rule = (host) =>
  !/[.:]/.test(host) || host.endsWith('.svc') || host.endsWith('.svc.cluster.local');

const remembered = 1_000;
const ports = { http: '80', https: '443' } as const;

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
  const rules = written.length === 0 ? [defaultHosts] : written.map(ruleOf);
  // a program calls few hosts, each many times
  const known = { http: new Map<string, boolean>(), https: new Map<string, boolean>() };
  return (written, scheme = 'http') => {
    const before = known[scheme].get(written);
    if (before !== undefined) return before;
    const target = targetOf(written.toLowerCase());
    const port = target?.port ?? ports[target?.scheme ?? scheme];
    const isIn = target !== undefined && rules.some((rule) => rule(target.host, port));
    if (known[scheme].size === remembered) known[scheme].clear();
    known[scheme].set(written, isIn);
    return isIn;
  };
}

function ruleOf(entry: string): Rule {
  if (entry === 'default') return defaultHosts;
  const target = targetOf(entry);
  if (!target || !/^(\*|(\*\.)?[a-z0-9_.-]+|[0-9a-f:.]+)$/.test(target.host)) {
    throw new MeshHostsError(
      `${JSON.stringify(entry)} is no host; write name, *.domain, * or an address, with or without :port, or default`,
    );
  }
  const port = target.port ?? (target.scheme && ports[target.scheme]);
  const isHost = hostRule(target.host);
  return (host, asked) => isHost(host) && (port === undefined || port === asked);
}

function hostRule(pattern: string): (host: string) => boolean {
  if (pattern === '*') return () => true;
  if (pattern.startsWith('*.')) return (host) => host.endsWith(pattern.slice(1));
  return (host) => host === pattern;
}

/** Host (of an IPv6 address without its brackets, of a name without its last dot), and what else is written. */
function targetOf(written: string): { scheme?: Scheme; host: string; port?: string } | undefined {
  const [, scheme, ipv6, name, port] =
    /^(?:(https?):\/\/)?(?:\[([^\]]+)\]|([^:[\]/@\s]+?)\.?)(?::(\d+))?\/?$/.exec(written) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined) return undefined;
  return { host, ...(scheme && { scheme: scheme as Scheme }), ...(port && { port }) };
}
