/** What a proxy does with a request on its way, in words: a label and a text each, in the order in which it is done. */
import type { HashBy, HeaderChange } from '../mesh/rules/model.ts';
import type { Ending, ProxyHop, Way } from './hop.ts';

export type Effect = readonly [label: string, text: string];

/** What happens to every request of the route that decided, whichever destination it takes. */
export function effectsOfRoute(
  { explanation, plan }: Omit<ProxyHop, 'endings'>,
  endings: readonly Ending[],
): Effect[] {
  const { delay } = plan.fault ?? {};
  const effects: Effect[] = [];
  if (delay && delay.percent > 0) {
    effects.push([
      'delay',
      `${share(delay.percent)}${seconds(delay.fixedDelayMs)} before anything else (DI)`,
    ]);
  }
  const { decision } = explanation;
  // What the proxy answers by itself has the headers of the route too.
  if (decision.type === 'redirect' || decision.type === 'direct') {
    effects.push(...headers('response', decision.responseHeaders));
  }
  if (!endings.some(({ way }) => way)) {
    return decision.type === 'forward'
      ? [...effects, ...headers('response', decision.responseHeaders)]
      : effects;
  }
  for (const { cluster, percent } of explanation.mirrors) {
    effects.push(['mirror', `${share(percent)}a copy to ${cluster}`]);
  }
  if (plan.timeoutMs !== undefined) effects.push(['time-out', `${seconds(plan.timeoutMs)}, then 504 (UT)`]);
  return effects;
}

/** What happens on the way to one destination. */
export function effectsOfWay(
  { decision, retries, hash, passed }: Way,
  head: { path: string; authority: string },
): Effect[] {
  const { rewrites, path, authority } = decision;
  return [
    ...(rewrites.path ? [['path', `${head.path} becomes ${path}`] as const] : []),
    ...(rewrites.authority ? [['host', `${head.authority} becomes ${authority}`] as const] : []),
    ...headers('request', decision.requestHeaders),
    ...headers('response', decision.responseHeaders),
    ...(retries.isDefault || !decision.by ? [] : [['retries', retryWords(retries)] as const]),
    ...(hash.length > 0
      ? [['hash', `${[...new Set(hash.map(hashWords))].join(' and ')} chooses the endpoint`] as const]
      : []),
    ...passed.map((cluster) => ['fallback', `nobody is ready in ${cluster}`] as const),
  ];
}

function headers(label: string, changes: readonly HeaderChange[]): Effect[] {
  const words = changes.flatMap(({ remove, set, add }) => [
    ...remove.map((name) => `removes ${name}`),
    ...[...set].map(([name, value]) => `sets ${name}: ${value}`),
    ...[...add].map(([name, value]) => `adds ${name}: ${value}`),
  ]);
  return words.length > 0 ? [[label, words.join(', ')]] : [];
}

function retryWords({ attempts, retryOn, statusCodes, perTryTimeoutMs }: Way['retries']): string {
  if (attempts === 0) return 'none';
  const each = perTryTimeoutMs ? `, ${seconds(perTryTimeoutMs)} for each try` : '';
  return `${attempts} at most, on ${[...retryOn, ...statusCodes].join(', ')}${each}`;
}

function hashWords(by: HashBy): string {
  switch (by.type) {
    case 'header':
      return `header ${by.name}`;
    case 'cookie':
      return `cookie ${by.name}`;
    case 'query':
      return `query parameter ${by.name}`;
    case 'sourceIp':
      return "the client's address";
  }
}

/** `10 %: `, or nothing where it is all of them. */
function share(percent: number): string {
  return percent >= 100 ? '' : `${percentage(percent)}: `;
}

/** `12.5 %` */
export function percentage(percent: number): string {
  return `${Number(percent.toFixed(1))} %`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(3))} s`;
}
