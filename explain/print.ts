/** A walk as text, like `istioctl proxy-config routes` with the reasons; and as data. */

import { COLOR_HEADER } from '../carry/color.ts';
import { lanePainter, styled } from '../lanes/paint.ts';
import type { Verdict } from '../mesh/routing/explain.ts';
import type { Hop, World } from './walk.ts';

/** The hops for a person, numbered, in the order in which they are made. */
export function printWalk(world: World, hops: readonly Hop[]): string {
  const paint = lanePainter(world.lanes);
  return hops
    .map((hop, index) => {
      const { method, scheme, authority, path, headers } = hop.head;
      const color = headers[COLOR_HEADER];
      const title = `${index + 1}. ${callerName(hop)}: ${method} ${scheme}://${authority}${path}`;
      const lines = [
        `${styled('bold', title)}  ${COLOR_HEADER}: ${color === undefined ? 'none' : paint(String(color))}`,
        ...decidingLines(hop),
      ];
      const names = hop.servedBy.map(({ service, version }) =>
        paint(version.name, `${service.name}/${version.name}`),
      );
      const chance = names.length > 1 ? 'one of ' : '';
      lines.push(`   → ${hop.outcome ?? `${chance}${names.join(', ')}`}`);
      return lines.join('\n');
    })
    .join('\n\n');
}

/** The hops for a program: what {@link printWalk} says, field by field. */
export function walkAsData(hops: readonly Hop[]) {
  return hops.map(({ caller, head, explanation, servedBy, outcome }) => ({
    caller: caller.type === 'plain' ? `${caller.namespace}/${caller.name}` : caller.proxy.name,
    sidecar: caller.type === 'proxy',
    request: { method: head.method, authority: head.authority, path: head.path, headers: head.headers },
    virtualHosts: explanation?.virtualHosts ?? [],
    routes: explanation?.routes ?? [],
    destinations: explanation?.destinations ?? [],
    servedBy: servedBy.map(({ service, version }) => ({ service: service.name, version: version.name })),
    outcome,
  }));
}

function callerName({ caller }: Hop): string {
  if (caller.type === 'plain') return `${caller.namespace}/${caller.name}, no sidecar`;
  return caller.proxy.type === 'gateway' ? 'gateway' : `sidecar of ${caller.proxy.name}`;
}

function decidingLines({ explanation }: Hop): string[] {
  if (!explanation) return ['   no proxy, so no rules: the Service takes any endpoint that is ready'];
  const { virtualHosts, routes, destinations } = explanation;
  // Which virtual host was taken goes without saying, unless none was.
  const taken = virtualHosts.some(({ matched }) => matched);
  const verdicts = taken ? routes : virtualHosts;
  const places = verdicts.map(({ rule }) => (rule ? `${rule.place.file}:${rule.place.line}` : 'Istio'));
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
  const names = verdicts.map((verdict) => nameOf(verdict));
  const lines = verdicts.map((verdict, index) => {
    const place = (places[index] ?? '').padEnd(width(places));
    const name = (names[index] ?? '').padEnd(width(names));
    const why = verdict.matched ? 'decides' : (verdict.reason ?? '');
    return `   ${verdict.matched ? styled('green', '✓') : styled('dim', '✗')} ${place}  ${name}  ${
      verdict.matched ? why : styled('dim', why)
    }`;
  });
  const share = (percent: number) => (destinations.length > 1 ? `${Number(percent.toFixed(1))} % ` : '');
  return [...lines, ...destinations.map(({ cluster, percent }) => `   → ${share(percent)}${cluster}`)];
}

function nameOf({ name, rule }: Verdict): string {
  return name || rule?.name || '(no name)';
}
