/** Why the hops of a request went where they went: explain, asked with what the proxies saw. */
import type { AccessLogEntry } from '../../mesh/proxy/access-log.ts';
import { explain } from '../../mesh/routing/explain.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import type { HopReason } from '../protocol.ts';
import { explained } from '../view/reasons.ts';

const secrets: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** @param table what the proxy decides by now; undefined where that proxy is no more */
export function reasonOf(entry: AccessLogEntry, table: RouteTable | undefined): HopReason {
  const { head, upstreamHeaders, proxy, method, authority, path } = entry;
  return {
    proxy,
    request: `${method} http://${authority}${path}`,
    ...explained(table && head ? explain(table, head) : undefined),
    headers: headerPairs(upstreamHeaders),
  };
}

function headerPairs(lines: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [name = '', value = ''] = lines.slice(i, i + 2);
    pairs.push([name, secrets.has(name) ? '(not shown)' : value]);
  }
  return pairs;
}
