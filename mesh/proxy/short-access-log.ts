/** The access log in the width of a projector: who decided, what came of it, by which route, and where it went. */
import type { AccessLogEntry } from './access-log.ts';

/** Of proxy, status, flags, route and destination; the last takes what it needs. */
const widths = [20, 3, 4, 22, 0];

/** A heading for lines of {@link formatShortAccessLog}. */
export const shortAccessLogHeading = columns(['proxy', '', 'flag', 'route', 'destination']);

/** `gateway              503 UH   service-b/release-v2   service-b release-v2`, at most about 90 characters. */
export function formatShortAccessLog(entry: AccessLogEntry): string {
  const { proxy, status, flags, routeName } = entry;
  return columns([
    proxy,
    String(status || '-'),
    flags.join(',') || '-',
    routeName || '-',
    destinationOf(entry),
  ]);
}

function columns(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' ');
}

/** `service-b release-v1-0`: the service and who of it answered; what the cluster is called where it is no service's. */
function destinationOf({ upstreamCluster = '', endpoint, upstreamHost }: AccessLogEntry): string {
  const [direction, , subset, host = ''] = upstreamCluster.split('|');
  if (direction !== 'outbound') return [upstreamCluster || '-', upstreamHost].filter(Boolean).join(' ');
  const service = host.replace(/^([^.]+)\.[^.]+\.svc\.cluster\.local$/, '$1');
  return [service, endpoint ?? subset].filter(Boolean).join(' ');
}
