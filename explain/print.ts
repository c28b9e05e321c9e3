/** A walk as text, like `istioctl proxy-config routes` with the reasons; and as data. */
import type { Lanes } from '../lanes/lanes.ts';
import { lanePainter, styled } from '../lanes/paint.ts';
import { formatRemark } from '../mesh/remarks/remarks.ts';
import { hopAsData } from './as-data.ts';
import { endingLines, type Naming, proxyLines } from './lines.ts';
import type { Answerer } from './serving.ts';
import { type ForeseenHop, versionOf } from './walk.ts';

/** The hops for a person, numbered, in the order in which they are made. */
export function printWalk(lanes: Lanes, hops: readonly ForeseenHop[]): string {
  const paint = lanePainter(lanes);
  const naming = namingOf(lanes);
  return hops
    .map((hop, index) => {
      const { method, scheme, authority, path, headers } = hop.head;
      const color = headers[lanes.header];
      const title = `${index + 1}. ${callerName(hop)}: ${method} ${scheme}://${authority}${path}`;
      return [
        `${styled('bold', title)}  ${lanes.header}: ${color === undefined ? 'none' : paint(String(color))}`,
        ...(hop.caller.type === 'plain'
          ? ['   no proxy, so no rules: the Service takes any endpoint that is ready']
          : []),
        ...(hop.proxied
          ? proxyLines({ ...hop.proxied, endings: hop.endings }, naming)
          : endingLines(hop.endings, naming)),
        ...hop.remarks.map((remark) => `   ${styled('yellow', '!')} ${formatRemark(remark)}`),
      ].join('\n');
    })
    .join('\n\n');
}

/** The hops for a program: what {@link printWalk} says, field by field. */
export function walkAsData(lanes: Lanes, hops: readonly ForeseenHop[]) {
  return hops.map(({ caller, head, proxied, endings, remarks }) => {
    const alone = endings.length === 1 ? endings[0] : undefined;
    return {
      caller: caller.type === 'plain' ? `${caller.namespace}/${caller.name}` : caller.proxy.name,
      sidecar: caller.type === 'proxy',
      request: { method: head.method, authority: head.authority, path: head.path, headers: head.headers },
      ...hopAsData(proxied, endings, (answerers) => namesOf(lanes, answerers)),
      /** Of all endings together. */
      servedBy: namesOf(
        lanes,
        endings.flatMap(({ answerers }) => answerers),
      ),
      outcome: alone?.outcome,
      remarks,
    };
  });
}

/** The versions that may answer, each once; of others their addresses. */
function namesOf(lanes: Lanes, answerers: readonly Answerer[]) {
  const names = answerers.map((answerer) => {
    const found = versionOf(lanes, answerer);
    if (found) return { service: found.service.name, version: found.version.name };
    if (answerer.type === 'outside') return { outside: answerer.address };
    return { host: answerer.host, address: addressOf(answerer.endpoint) };
  });
  return [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
}

function addressOf({ address, port }: { address: string; port: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function callerName({ caller }: ForeseenHop): string {
  if (caller.type === 'plain') return `${caller.namespace}/${caller.name}, no sidecar`;
  return caller.proxy.type === 'gateway' ? 'gateway' : `sidecar of ${caller.proxy.name}`;
}

/** Versions in the ink of their lane. */
function namingOf(lanes: Lanes): Naming {
  const paint = lanePainter(lanes);
  return (answerers) =>
    namesOf(lanes, answerers).flatMap((one) => {
      if ('outside' in one) return [];
      if ('host' in one) return [`${one.address} of ${one.host}`];
      return [paint(one.version, `${one.service}/${one.version}`)];
    });
}
