/** Compares what a step expects with what was observed: one verdict for each expectation. */
import type { Arrival } from './agent/echo.ts';
import type { Expect, LookStep } from './format.ts';
import type { Message, Observation } from './observation.ts';
import type { Panels } from './prometheus.ts';
import { shareProblems } from './shares.ts';

/** What the requests of one step showed. */
export interface StepObservation {
  observations: readonly Observation[];
  /** Everything that arrived at any upstream, mirrors and retries included. */
  calls: readonly Arrival[];
  /** How often each `service/version` was called, where upstreams only count. */
  counts?: Readonly<Record<string, number>>;
  /** Envoy's response flags, where the engine tells them. */
  flags?: readonly string[];
}

export interface Verdict {
  /** `status 200` */
  what: string;
  /** What is wrong; none when it is as expected. */
  problem?: string;
}

/**
 * @param before what each named step before it showed
 */
export function judge(
  expected: Expect,
  seen: StepObservation,
  before: ReadonlyMap<string, StepObservation> = new Map(),
): Verdict[] {
  const verdicts: Verdict[] = [];
  const say = (what: string, problem: string | undefined) =>
    verdicts.push(problem ? { what, problem } : { what });
  const eachOf =
    (observations: readonly Observation[]) =>
    (what: string, check: (one: Observation) => string | undefined) => {
      const problems = new Set(observations.map(check).filter((problem) => problem !== undefined));
      if (observations.length === 0) problems.add('there was no such answer');
      say(what, [...problems].join('; ') || undefined);
    };
  const each = eachOf(seen.observations);

  const status =
    expected.status ?? (expected.version || expected.versions || expected.trail ? 200 : undefined);
  if (status !== undefined) each(`status ${status}`, (one) => differs(one.status, status, one));
  if (expected.noAnswer) {
    const { noAnswer } = expected;
    each(`no answer, ${noAnswer}`, (one) =>
      one.status === 0 && endings[noAnswer].test(one.error ?? '')
        ? undefined
        : `was ${one.status || one.error}`,
    );
  }
  for (const [code, bounds] of Object.entries(expected.statuses ?? {})) {
    const found = seen.observations.filter((one) => one.status === Number(code)).length;
    say(`${code} ${inWords(bounds)}`, outside(found, bounds));
  }
  if (expected.version) {
    const { version } = expected;
    each(`served by ${version}`, (one) =>
      differs(servedAs(version, one.served) ?? 'the proxy itself', version),
    );
  }
  if (expected.versions) {
    const { versions } = expected;
    each(`served by one of ${versions.join(', ')}`, (one) =>
      versions.some((version) => servedAs(version, one.served) === version)
        ? undefined
        : `was ${one.served ?? 'the proxy itself'}`,
    );
  }
  if (expected.trail) {
    const wanted = expected.trail.join(' > ');
    each(wanted, (one) => differs(trailOf(one) ?? 'the proxy itself', wanted));
  }
  if (expected.colors) {
    const wanted = expected.colors.join(', ');
    each(`colour ${wanted} arrived`, (one) =>
      differs(one.trail?.map(({ color }) => color).join(', ') ?? 'nothing', wanted),
    );
  }
  if (expected.shares) {
    const shares = new Map(Object.entries(expected.shares));
    const [sample = ''] = shares.keys();
    const counts = countBy(
      seen.observations,
      (one) =>
        (sample.includes(' > ') ? trailOf(one) : servedAs(sample, one.served)) ?? `status ${one.status}`,
    );
    say(`shares ${inPercent(expected.shares)}`, shareProblems(counts, shares).join('; ') || undefined);
  }
  if (expected.endpoints) {
    const counts = countBy(seen.observations, (one) => one.endpoint ?? `status ${one.status}`);
    const problems = shareProblems(counts, new Map(Object.entries(expected.endpoints)));
    say(`endpoints ${inPercent(expected.endpoints)}`, problems.join('; ') || undefined);
  }
  if (expected.sameEndpoint !== undefined) say(...sameEndpoint(expected.sameEndpoint, seen, before));
  if (expected.arrived) {
    const { headers, ...head } = expected.arrived;
    for (const [name, value] of Object.entries(head)) {
      each(`${name} ${value} arrived`, (one) =>
        differs(one.arrived?.[name as keyof typeof head] ?? 'nothing', value),
      );
    }
    headerVerdicts(headers, 'arrived', (one) => one.arrived, each);
  }
  if (expected.answer) {
    const { headers, body, status } = expected.answer;
    const meant = seen.observations.filter((one) => status === undefined || one.status === status);
    const each = eachOf(meant);
    if (body !== undefined) each(`body ${JSON.stringify(body)}`, (one) => differs(one.answer.body, body));
    headerVerdicts(headers, 'came back', (one) => one.answer, each);
  }
  for (const [name, value] of Object.entries(expected.everyHop ?? {})) {
    each(`${name}: ${value ?? 'none'} at every hop`, ({ trail = [] }) => {
      const found = trail.map(({ headers }) => headers?.[name.toLowerCase()]);
      const isSo = found.length > 0 && found.every((one) => one === (value ?? undefined));
      return isSo ? undefined : `was ${found.map((one) => one ?? 'absent').join(', ') || 'no hop'}`;
    });
  }
  for (const [version, bounds] of Object.entries(expected.calls ?? {})) {
    const found = countOf(seen, version);
    say(`${version} called ${inWords(bounds)}`, outside(found, bounds));
  }
  for (const [version, bounds] of Object.entries(expected.connections ?? {})) {
    const found = new Set(callsOf(seen, version).map(({ connection }) => connection)).size;
    say(`connections to ${version}: ${inNumbers(bounds)}`, outside(found, bounds));
  }
  for (const [version, authority] of Object.entries(expected.calledAs ?? {})) {
    const wrong = callsOf(seen, version).filter((call) => call.authority !== authority);
    say(`${version} called as ${authority}`, wrong[0] && `was ${wrong[0].authority}`);
  }
  const { atLeastMs, atMostMs } = expected;
  if (atLeastMs !== undefined) {
    each(`at least ${atLeastMs} ms`, ({ ms }) => (ms >= atLeastMs ? undefined : `took ${ms.toFixed()} ms`));
  }
  if (atMostMs !== undefined) {
    each(`at most ${atMostMs} ms`, ({ ms }) => (ms <= atMostMs ? undefined : `took ${ms.toFixed()} ms`));
  }
  if (expected.failed) {
    const found = failuresOf(seen);
    say(`failed ${inWords(expected.failed)} of ${seen.observations.length}`, outside(found, expected.failed));
  }
  if (expected.takes) say(...takes(expected.takes, seen, before));
  if (expected.flag && seen.flags) {
    const { flag } = expected;
    say(`flag ${flag}`, seen.flags.includes(flag) ? undefined : `was ${seen.flags.join(',') || 'none'}`);
  }
  return verdicts;
}

/** How node tells that no answer came. */
const endings = { refused: /ECONNREFUSED/, closed: /ECONNRESET|socket hang up|socket disconnected/ };

/** A verdict for each line that has to be in a table, and for each that must not. */
export function judgeTable({ shows, lacks }: LookStep['look'], table: string): Verdict[] {
  const lines = table.split('\n').map((line) => line.trim().split(/\s+/));
  const isThere = (wanted: string) => lines.some((line) => areInOrder(wanted.split(/\s+/), line));
  return [
    ...shows.map((words) =>
      isThere(words) ? { what: words } : { what: words, problem: `not in\n${table}` },
    ),
    ...lacks.map((words) => {
      const what = `no ${words}`;
      return isThere(words) ? { what, problem: `but in\n${table}` } : { what };
    }),
  ];
}

/** A verdict for each panel: which series are above zero. */
export function judgePanels(shows: Readonly<Record<string, readonly string[]>>, panels: Panels): Verdict[] {
  return Object.entries(shows).map(([title, series]) => {
    const what = `${title}: ${series.join(', ') || 'nothing'}`;
    const found = panels.get(title)?.join(', ');
    if (found === undefined)
      return { what, problem: `no such panel (has: ${[...panels.keys()].join(', ')})` };
    return found === [...series].sort().join(', ')
      ? { what }
      : { what, problem: `was ${found || 'nothing'}` };
  });
}

/** Other words may stand between them: columns that nobody asked for. */
function areInOrder(wanted: readonly string[], line: readonly string[]): boolean {
  let from = 0;
  return wanted.every((word) => {
    const at = line.indexOf(word, from);
    from = at + 1;
    return at >= 0;
  });
}

function sameEndpoint(
  as: true | string,
  seen: StepObservation,
  before: ReadonlyMap<string, StepObservation>,
): [string, string | undefined] {
  const endpoints = new Set(seen.observations.map((one) => one.endpoint ?? `status ${one.status}`));
  if (as !== true) endpoints.add(before.get(as)?.observations[0]?.endpoint ?? `no step named ${as}`);
  const what = as === true ? 'all by one endpoint' : `by the endpoint of ${as}`;
  return [what, endpoints.size === 1 ? undefined : `were ${[...endpoints].join(', ')}`];
}

/** Answers of 5xx, and requests without an answer. */
export function failuresOf(seen: StepObservation): number {
  return seen.observations.filter(({ status }) => status === 0 || status >= 500).length;
}

function takes(
  { as, atLeast = 0, atMost = Number.POSITIVE_INFINITY }: NonNullable<Expect['takes']>,
  seen: StepObservation,
  before: ReadonlyMap<string, StepObservation>,
): [string, string | undefined] {
  const bounds = [
    ...(atLeast > 0 ? [`at least ${atLeast} times`] : []),
    ...(atMost < Number.POSITIVE_INFINITY ? [`at most ${atMost} times`] : []),
  ];
  const what = `takes ${bounds.join(' and ')} as long as ${as}`;
  const other = before.get(as);
  if (!other) return [what, `no step named ${as}`];
  const ratio = medianMs(seen) / medianMs(other);
  const isWithin = ratio >= atLeast && ratio <= atMost;
  const times = `${medianMs(seen).toFixed()} ms and ${medianMs(other).toFixed()} ms`;
  return [what, isWithin ? undefined : `was ${ratio.toFixed(1)} times (${times})`];
}

function medianMs({ observations }: StepObservation): number {
  const sorted = observations.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function headerVerdicts(
  expected: Readonly<Record<string, string | null>>,
  verb: string,
  message: (one: Observation) => Message | undefined,
  each: (what: string, check: (one: Observation) => string | undefined) => void,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const what = value === null ? `no ${name} ${verb}` : `${name}: ${value} ${verb}`;
    each(what, (one) => {
      const found = message(one)?.headers[name.toLowerCase()]?.join(', ');
      return found === (value ?? undefined) ? undefined : `was ${found ?? 'absent'}`;
    });
  }
}

/** `service-a/release > service-b/release-v1` */
function trailOf({ trail }: Observation): string | undefined {
  return trail?.map(({ service, version }) => `${service}/${version}`).join(' > ');
}

/** How often a version was called in all. */
export function countOf(seen: StepObservation, version: string): number {
  if (!seen.counts) return callsOf(seen, version).length;
  return Object.entries(seen.counts)
    .filter(([name]) => servedAs(version, name) === version)
    .reduce((sum, [, count]) => sum + count, 0);
}

function callsOf(seen: StepObservation, version: string): Arrival[] {
  return seen.calls.filter((call) => servedAs(version, `${call.service}/${call.version}`) === version);
}

/** `service-a/release` as an expectation names it: whole, or the version alone where that has no service. */
function servedAs(expected: string, served: string | undefined): string | undefined {
  return expected.includes('/') ? served : served?.split('/')[1];
}

function countBy(
  observations: readonly Observation[],
  name: (one: Observation) => string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of observations) counts.set(name(one), (counts.get(name(one)) ?? 0) + 1);
  return counts;
}

function differs(found: unknown, wanted: unknown, one?: Observation): string | undefined {
  if (found === wanted) return undefined;
  const shown = typeof found === 'string' ? JSON.stringify(found) : String(found);
  const why = one?.error ?? one?.answer.body.slice(0, 120);
  return `was ${shown}${why ? ` (${why})` : ''}`;
}

function outside(found: number, { min, max }: { min: number; max: number }): string | undefined {
  return found >= min && found <= max ? undefined : `was ${found}`;
}

function inWords(bounds: { min: number; max: number }): string {
  return `${inNumbers(bounds)} times`;
}

function inNumbers({ min, max }: { min: number; max: number }): string {
  if (min === max) return String(min);
  return max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`;
}

function inPercent(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares)
    .map(([name, share]) => `${name} ${share} %`)
    .join(', ');
}
