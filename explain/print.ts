/** A walk as text, like `istioctl proxy-config routes` with the reasons; and as data. */
import { isDeepStrictEqual } from 'node:util';
import type { Lanes } from '../lanes/lanes.ts';
import { lanePainter, styled } from '../lanes/paint.ts';
import { formatRemark } from '../mesh/remarks/remarks.ts';
import type { Explanation, Verdict } from '../mesh/routing/explain.ts';
import { type Effect, effectsOfRoute, effectsOfWay, percentage } from './effects.ts';
import type { Ending } from './hop.ts';
import type { Answerer } from './serving.ts';
import { type Hop, versionOf } from './walk.ts';

/** The hops for a person, numbered, in the order in which they are made. */
export function printWalk(lanes: Lanes, hops: readonly Hop[]): string {
  const paint = lanePainter(lanes);
  return hops
    .map((hop, index) => {
      const { method, scheme, authority, path, headers } = hop.head;
      const color = headers[lanes.header];
      const title = `${index + 1}. ${callerName(hop)}: ${method} ${scheme}://${authority}${path}`;
      return [
        `${styled('bold', title)}  ${lanes.header}: ${color === undefined ? 'none' : paint(String(color))}`,
        ...decidingLines(hop),
        ...wayLines(hop),
        ...hop.endings.flatMap(({ percent, outcome, answerers }) =>
          outcome === undefined || answerers.length > 0 ? [] : [`   → ${shareOf(percent)}${outcome}`],
        ),
        ...answerLines(lanes, paint, hop.endings),
        ...hop.remarks.map((remark) => `   ${styled('yellow', '!')} ${formatRemark(remark)}`),
      ].join('\n');
    })
    .join('\n\n');
}

/** The hops for a program: what {@link printWalk} says, field by field. */
export function walkAsData(lanes: Lanes, hops: readonly Hop[]) {
  return hops.map(({ caller, head, proxied, endings, remarks }) => {
    const { virtualHosts = [], routes = [], mirrors = [] } = proxied?.explanation ?? {};
    const alone = endings.length === 1 ? endings[0] : undefined;
    return {
      caller: caller.type === 'plain' ? `${caller.namespace}/${caller.name}` : caller.proxy.name,
      sidecar: caller.type === 'proxy',
      request: { method: head.method, authority: head.authority, path: head.path, headers: head.headers },
      virtualHosts,
      routes,
      fault: proxied?.plan.fault,
      timeoutMs: proxied?.plan.timeoutMs,
      mirrors,
      endings: endings.map(({ percent, outcome, answerers, way }) => ({
        percent,
        ...(way && wayAsData(way)),
        servedBy: namesOf(lanes, answerers),
        outcome,
      })),
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

function wayAsData({ decision, passed, retries, hash }: NonNullable<Ending['way']>) {
  const { attempts, retryOn, statusCodes, perTryTimeoutMs } = retries;
  const changes = (all: typeof decision.requestHeaders) =>
    all.map(({ remove, set, add }) => ({
      remove,
      set: Object.fromEntries(set),
      add: Object.fromEntries(add),
    }));
  return {
    cluster: decision.cluster,
    passed,
    path: decision.path,
    authority: decision.authority,
    requestHeaders: changes(decision.requestHeaders),
    responseHeaders: changes(decision.responseHeaders),
    retries: { attempts, retryOn, statusCodes, perTryTimeoutMs },
    hash,
  };
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

function callerName({ caller }: Hop): string {
  if (caller.type === 'plain') return `${caller.namespace}/${caller.name}, no sidecar`;
  return caller.proxy.type === 'gateway' ? 'gateway' : `sidecar of ${caller.proxy.name}`;
}

function decidingLines({ caller, proxied }: Hop): string[] {
  if (caller.type === 'plain') {
    return ['   no proxy, so no rules: the Service takes any endpoint that is ready'];
  }
  return proxied ? verdictLines(proxied.explanation) : [];
}

function verdictLines({ virtualHosts, routes }: Explanation): string[] {
  // Which virtual host was taken goes without saying, unless none was.
  const taken = virtualHosts.some(({ matched }) => matched);
  const verdicts = taken ? routes : virtualHosts;
  const places = verdicts.map(({ rule }) => (rule ? `${rule.place.file}:${rule.place.line}` : 'Istio'));
  const names = verdicts.map((verdict) => nameOf(verdict));
  return verdicts.map((verdict, index) => {
    const place = (places[index] ?? '').padEnd(widest(places));
    const name = (names[index] ?? '').padEnd(widest(names));
    const why = verdict.matched ? 'decides' : (verdict.reason ?? '');
    return `   ${verdict.matched ? styled('green', '✓') : styled('dim', '✗')} ${place}  ${name}  ${
      verdict.matched ? why : styled('dim', why)
    }`;
  });
}

function nameOf({ name, rule }: Verdict): string {
  return name || rule?.name || '(no name)';
}

/** What is done on the way, and the destinations; what differs between them stands under each. */
function wayLines({ proxied, endings }: Hop): string[] {
  if (!proxied) return [];
  const ways = endings.flatMap(({ percent, way }) =>
    way
      ? [{ percent, cluster: way.decision.cluster, effects: effectsOfWay(way, proxied.explanation.head) }]
      : [],
  );
  const [first] = ways;
  const alike = ways.every(({ effects }) => isDeepStrictEqual(effects, first?.effects));
  return [
    ...effectLines([...effectsOfRoute(proxied, endings), ...(alike ? (first?.effects ?? []) : [])], '   '),
    ...ways.flatMap(({ percent, cluster, effects }) => [
      `   → ${percent < 100 ? `${percentage(percent)} ` : ''}${cluster}`,
      ...(alike ? [] : effectLines(effects, '     ')),
    ]),
  ];
}

function effectLines(effects: readonly Effect[], indent: string): string[] {
  const width = widest(effects.map(([label]) => label));
  return effects.map(([label, text]) => `${indent}${styled('dim', label.padEnd(width))}  ${text}`);
}

/** Who answers, in one line, and another one for what leaves the mesh. */
function answerLines(
  lanes: Lanes,
  paint: ReturnType<typeof lanePainter>,
  endings: readonly Ending[],
): string[] {
  const names = namesOf(
    lanes,
    endings.flatMap(({ answerers }) => answerers),
  );
  const inside = names.flatMap((one) => {
    if ('outside' in one) return [];
    if ('host' in one) return [`${one.address} of ${one.host}`];
    return [paint(one.version, `${one.service}/${one.version}`)];
  });
  const outside = endings.flatMap(({ answerers, outcome, percent }) =>
    answerers.flatMap((answerer) =>
      answerer.type === 'outside'
        ? [`   → ${shareOf(percent)}leaves the mesh, for ${answerer.address}${outcome ? `: ${outcome}` : ''}`]
        : [],
    ),
  );
  const chance = inside.length > 1 ? 'one of ' : '';
  return [...outside, ...(inside.length > 0 ? [`   → ${chance}${inside.join(', ')}`] : [])];
}

/** `25 %: `, or nothing where there is no other. */
function shareOf(percent: number): string {
  return percent < 100 ? `${percentage(percent)}: ` : '';
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
