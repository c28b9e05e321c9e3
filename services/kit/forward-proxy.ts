/**
 * HTTP_PROXY and NO_PROXY: how the local mesh puts a sidecar beside a service. In a cluster iptables redirects, and
 * nothing is set.
 */

type Env = Readonly<Record<string, string | undefined>>;

/** The origin of the proxy that requests to this `http:` origin go through; undefined: they go straight there. */
export function forwardProxyFor(origin: string, env: Env = process.env): string | undefined {
  // lower case first, as curl does; in CGI a request header could set the upper-case one
  const proxy = env.http_proxy || env.HTTP_PROXY;
  if (!proxy) return undefined;
  const url = new URL(origin);
  if (url.protocol !== 'http:' || isExempt(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`).origin;
}

/** NO_PROXY is a list of hosts, each with all below it; `host:port` exempts one port, `*` everything. */
function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port || '80';
  return noProxy
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      const suffix = name.replace(/^\*?\.?/, '.');
      return (onlyPort === undefined || onlyPort === port) && `.${url.hostname}`.endsWith(suffix);
    });
}
