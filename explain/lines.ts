/** One hop in lines of text, whoever asks: what was tried, what is done on the way, how it ends. */
import { isDeepStrictEqual } from 'node:util';
import { styled } from '../lanes/paint.ts';
import type { Candidate, Explanation } from '../mesh/routing/explain.ts';
import { formatPlace } from '../mesh/rules/problem.ts';
import { type Effect, effectsOfRoute, effectsOfWay, percentage } from './effects.ts';
import type { Ending, ProxyHop } from './hop.ts';
import type { Answerer } from './serving.ts';
import { shortened } from './shortened.ts';

/** What one proxy decides and does, and who answers. */
export function proxyLines({ endings, ...proxied }: ProxyHop, naming: Naming): string[] {
  return [
    ...verdictLines(proxied.explanation),
    ...wayLines(proxied, endings),
    ...endingLines(endings, naming),
  ];
}

/** Endpoints by the names that people know, each once. */
export type Naming = (answerers: readonly Answerer[]) => string[];

function verdictLines({ virtualHosts, routes }: Explanation): string[] {
  // Which virtual host was taken goes without saying, unless none was.
  const taken = virtualHosts.some(({ matched }) => matched);
  const candidates = shortened(taken ? routes : virtualHosts, ' (--json says why)');
  const places = candidates.map(({ rule }) => (rule ? formatPlace(rule.place) : 'Istio'));
  const names = candidates.map((candidate) => nameOf(candidate));
  return candidates.map((candidate, index) => {
    const place = (places[index] ?? '').padEnd(widest(places));
    const name = (names[index] ?? '').padEnd(widest(names));
    const why = candidate.matched ? 'decides' : (candidate.reason ?? '');
    return `   ${candidate.matched ? styled('green', '✓') : styled('dim', '✗')} ${place}  ${name}  ${
      candidate.matched ? why : styled('dim', why)
    }`;
  });
}

function nameOf({ name, rule }: Candidate): string {
  return name || rule?.name || '(no name)';
}

/** What is done on the way, and the destinations; what differs between them stands under each. */
function wayLines(proxied: Omit<ProxyHop, 'endings'>, endings: readonly Ending[]): string[] {
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

/** How a hop ends: what the proxy answers by itself, what leaves the mesh, who answers in it. */
export function endingLines(endings: readonly Ending[], naming: Naming): string[] {
  const own = endings.flatMap(({ percent, outcome, answerers }) =>
    outcome === undefined || answerers.length > 0 ? [] : [`   → ${shareOf(percent)}${outcome}`],
  );
  const outside = endings.flatMap(({ answerers, outcome, percent }) =>
    answerers.flatMap((answerer) =>
      answerer.type === 'outside'
        ? [`   → ${shareOf(percent)}leaves the mesh, for ${answerer.address}${outcome ? `: ${outcome}` : ''}`]
        : [],
    ),
  );
  const names = naming(endings.flatMap(({ answerers }) => answerers));
  const chance = names.length > 1 ? 'one of ' : '';
  return [...own, ...outside, ...(names.length > 0 ? [`   → ${chance}${names.join(', ')}`] : [])];
}

/** `25 %: `, or nothing where there is no other. */
function shareOf(percent: number): string {
  return percent < 100 ? `${percentage(percent)}: ` : '';
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
