/** The access log in the width of a projector: who decided, what came of it, by which route, and where it went. */
import type { AccessLogEntry } from './access-log.ts';

const widths = { proxy: 20, status: 3, flags: 4, route: 22 } as const;

/** A heading for lines of {@link formatShortAccessLog}. */
export const shortAccessLogHeading = columns('proxy', '', 'flag', 'route', 'destination');

/** `gateway              503 UH   service-b/release-v2   service-b release-v2`, at most about 90 characters. */
export function formatShortAccessLog(entry: AccessLogEntry): string {
  const { proxy, status, flags, routeName } = entry;
  return columns(
    proxy,
    String(status || '-'),
    flags.join(',') || '-',
    routeName || '-',
    destinationOf(entry),
  );
}

function columns(proxy: string, status: string, flags: string, route: string, destination: string): string {
  const cells = [
    proxy.padEnd(widths.proxy),
    status.padEnd(widths.status),
    flags.padEnd(widths.flags),
    route.padEnd(widths.route),
    destination,
  ];
  return cells.join(' ');
}

/** `service-b release-v1-0`: the service and who of it answered; what the cluster is called where it is no service's. */
function destinationOf({ upstreamCluster = '', endpoint, upstreamHost }: AccessLogEntry): string {
  const [direction, , subset, host = ''] = upstreamCluster.split('|');
  if (direction !== 'outbound') return [upstreamCluster || '-', upstreamHost].filter(Boolean).join(' ');
  const service = host.replace(/^([^.]+)\.[^.]+\.svc\.cluster\.local$/, '$1');
  return [service, endpoint ?? subset].filter(Boolean).join(' ');
}
