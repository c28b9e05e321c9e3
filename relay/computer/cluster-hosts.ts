/** Which hosts are the cluster's: those are reached through the relay, all others from this computer's own network. */
import { isIP } from 'node:net';

export interface ClusterHostsOptions {
  /** Whether the pod knows a name; undefined while it cannot be asked. */
  resolves: (host: string) => Promise<boolean | undefined>;
  /** Every host but this computer is taken for the cluster's. */
  proxyAll?: boolean;
  /** The cluster's own domain. */
  clusterDomain?: string;
}

/** Names come and go seldom. */
const rememberMs = 30_000;
const mostRemembered = 1_000;

/** Made once: it remembers what the pod has said of names. */
export function clusterHosts(options: ClusterHostsOptions): (host: string) => Promise<boolean> {
  const { resolves, proxyAll = false, clusterDomain = 'cluster.local' } = options;
  const known = new Map<string, { is: boolean; until: number }>();
  return async (given) => {
    const host = given
      .toLowerCase()
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '');
    if (isThisComputer(host)) return false;
    if (proxyAll) return true;
    if (isIP(host) > 0) return false;
    const labels = host.split('.');
    if (labels.length === 1 || host.endsWith('.svc') || host.endsWith(`.${clusterDomain}`)) return true;
    // SERVICE.NAMESPACE looks like example.com: only the pod can tell
    if (labels.length !== 2) return false;
    const remembered = known.get(host);
    if (remembered && remembered.until > Date.now()) return remembered.is;
    const is = await resolves(`${host}.svc`);
    if (is === undefined) return remembered?.is ?? false;
    if (known.size >= mostRemembered) known.clear();
    known.set(host, { is, until: Date.now() + rememberMs });
    return is;
  };
}

function isThisComputer(host: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|::1|0\.0\.0\.0|::)$/.test(host);
}
