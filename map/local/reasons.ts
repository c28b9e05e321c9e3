/** Why the hops of a request went where they went: explain, asked with what the proxies saw. */
import { shortened } from '../../explain/shortened.ts';
import type { AccessLogEntry } from '../../mesh/proxy/access-log.ts';
import { explain } from '../../mesh/routing/explain.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import type { HopReason } from '../protocol.ts';
import { placeWords } from '../view/rules-view.ts';

const secrets: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** @param table what the proxy decides by now; undefined where that proxy is no more */
export function reasonOf(entry: AccessLogEntry, table: RouteTable | undefined): HopReason {
  const { head, upstreamHeaders, proxy, method, authority, path } = entry;
  const told = table && head ? explain(table, head) : undefined;
  const taken = told?.virtualHosts.some(({ matched }) => matched);
  return {
    proxy,
    request: `${method} http://${authority}${path}`,
    tried: shortened(taken ? (told?.routes ?? []) : (told?.virtualHosts ?? [])).map(
      ({ name, rule, matched, reason }) => ({
        name: name || rule?.name || '',
        place: rule ? placeWords(rule.place) : 'Istio',
        matched,
        ...(reason && { reason }),
      }),
    ),
    destinations: told?.destinations ?? [],
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
