/** Compares what a step expects with what was observed: a judge for each key of `expect`, a verdict for each expectation. */
import type { Expect } from './format.ts';
import type { Message, Observation } from './observation.ts';
import { callsOf, countBy, countOf, failuresOf, type StepObservation, servedAs, trailOf } from './seen.ts';
import { shareProblems } from './shares.ts';
import { differs, inNumbers, inPercent, inWords, outside } from './wording.ts';

export interface Verdict {
  /** `status 200` */
  what: string;
  /** What is wrong; none when it is as expected. */
  problem?: string;
}

type Before = ReadonlyMap<string, StepObservation>;
type Judge<Value> = (expected: Value, seen: StepObservation, before: Before) => Verdict | Verdict[];
/** A key that is added to the format and has no judge does not compile. */
type Judges = { readonly [Key in keyof Expect]-?: Judge<NonNullable<Expect[Key]>> };

/**
 * @param before what each named step before it showed
 * @returns the verdicts, in the order of the judges below
 */
export function judge(expected: Expect, seen: StepObservation, before: Before = new Map()): Verdict[] {
  const isServed = expected.version ?? expected.versions ?? expected.trail;
  const all: Expect = { ...expected, status: expected.status ?? (isServed === undefined ? undefined : 200) };
  return (Object.keys(judges) as (keyof Expect)[]).flatMap((key) => judged(key, all, seen, before));
}

function judged<Key extends keyof Expect>(key: Key, all: Expect, seen: StepObservation, before: Before) {
  const expected = all[key];
  const judgeOfKey = judges[key] as Judge<NonNullable<Expect[Key]>>;
  return expected === undefined ? [] : judgeOfKey(expected as NonNullable<Expect[Key]>, seen, before);
}

const judges: Judges = {
  status: (status, { observations }) =>
    each(observations, `status ${status}`, (one) => differs(one.status, status, one)),
  noAnswer: (noAnswer, { observations }) =>
    each(observations, `no answer, ${noAnswer}`, ({ status, error = '' }) =>
      status === 0 && endings[noAnswer].test(error) ? undefined : `was ${status || error}`,
    ),
  statuses: (statuses, { observations }) =>
    Object.entries(statuses).map(([code, bounds]) => {
      const found = observations.filter(({ status }) => status === Number(code)).length;
      return verdict(`${code} ${inWords(bounds)}`, outside(found, bounds));
    }),
  version: (version, { observations }) =>
    each(observations, `served by ${version}`, ({ served }) =>
      differs(servedAs(version, served) ?? 'the proxy itself', version),
    ),
  versions: (versions, { observations }) =>
    each(observations, `served by one of ${versions.join(', ')}`, ({ served }) =>
      versions.some((version) => servedAs(version, served) === version)
        ? undefined
        : `was ${served ?? 'the proxy itself'}`,
    ),
  trail: (trail, { observations }) => {
    const wanted = trail.join(' > ');
    return each(observations, wanted, (one) => differs(trailOf(one) ?? 'the proxy itself', wanted));
  },
  colors: (colors, { observations }) => {
    const wanted = colors.join(', ');
    return each(observations, `colour ${wanted} arrived`, ({ trail }) =>
      differs(trail?.map(({ color }) => color).join(', ') ?? 'nothing', wanted),
    );
  },
  shares: (shares, { observations }) => {
    const isOfTrails = Object.keys(shares)[0]?.includes(' > ') ?? false;
    const [sample = ''] = Object.keys(shares);
    const nameOf = (one: Observation) => (isOfTrails ? trailOf(one) : servedAs(sample, one.served));
    const counts = countBy(observations, (one) => nameOf(one) ?? `status ${one.status}`);
    return shareVerdict('shares', shares, counts);
  },
  endpoints: (endpoints, { observations }) => {
    const counts = countBy(observations, ({ endpoint, status }) => endpoint ?? `status ${status}`);
    return shareVerdict('endpoints', endpoints, counts);
  },
  sameEndpoint: (as, { observations }, before) => {
    const found = new Set(observations.map(({ endpoint, status }) => endpoint ?? `status ${status}`));
    if (as !== true) found.add(before.get(as)?.observations[0]?.endpoint ?? `no step named ${as}`);
    const what = as === true ? 'all by one endpoint' : `by the endpoint of ${as}`;
    return verdict(what, found.size === 1 ? undefined : `were ${[...found].join(', ')}`);
  },
  arrived: ({ headers, ...head }, { observations }) => [
    ...Object.entries(head).map(([name, value]) =>
      each(observations, `${name} ${value} arrived`, ({ arrived }) =>
        differs(arrived?.[name as keyof typeof head] ?? 'nothing', value),
      ),
    ),
    ...headerVerdicts(observations, headers, 'arrived', ({ arrived }) => arrived),
  ],
  answer: ({ headers, body, status }, { observations }) => {
    const meant = observations.filter((one) => status === undefined || one.status === status);
    const what = `body ${JSON.stringify(body)}`;
    return [
      ...(body === undefined ? [] : [each(meant, what, ({ answer }) => differs(answer.body, body))]),
      ...headerVerdicts(meant, headers, 'came back', ({ answer }) => answer),
    ];
  },
  everyHop: (headers, { observations }) =>
    Object.entries(headers).map(([name, value]) =>
      each(observations, `${name}: ${value ?? 'none'} at every hop`, ({ trail = [] }) => {
        const found = trail.map((hop) => hop.headers?.[name.toLowerCase()]);
        const isSo = found.length > 0 && found.every((one) => one === (value ?? undefined));
        return isSo ? undefined : `was ${found.map((one) => one ?? 'absent').join(', ') || 'no hop'}`;
      }),
    ),
  calls: (calls, seen) =>
    Object.entries(calls).map(([version, bounds]) =>
      verdict(`${version} called ${inWords(bounds)}`, outside(countOf(seen, version), bounds)),
    ),
  connections: (connections, seen) =>
    Object.entries(connections).map(([version, bounds]) => {
      const found = new Set(callsOf(seen, version).map(({ connection }) => connection)).size;
      return verdict(`connections to ${version}: ${inNumbers(bounds)}`, outside(found, bounds));
    }),
  calledAs: (calledAs, seen) =>
    Object.entries(calledAs).map(([version, authority]) => {
      const wrong = callsOf(seen, version).find((call) => call.authority !== authority);
      return verdict(`${version} called as ${authority}`, wrong && `was ${wrong.authority}`);
    }),
  atLeastMs: (atLeastMs, { observations }) =>
    each(observations, `at least ${atLeastMs} ms`, ({ ms }) => (ms >= atLeastMs ? undefined : took(ms))),
  atMostMs: (atMostMs, { observations }) =>
    each(observations, `at most ${atMostMs} ms`, ({ ms }) => (ms <= atMostMs ? undefined : took(ms))),
  failed: (failed, seen) =>
    verdict(`failed ${inWords(failed)} of ${seen.observations.length}`, outside(failuresOf(seen), failed)),
  takes: ({ as, atLeast = 0, atMost = Number.POSITIVE_INFINITY }, seen, before) => {
    const bounds = [
      ...(atLeast > 0 ? [`at least ${atLeast} times`] : []),
      ...(atMost < Number.POSITIVE_INFINITY ? [`at most ${atMost} times`] : []),
    ];
    const what = `takes ${bounds.join(' and ')} as long as ${as}`;
    const other = before.get(as);
    if (!other) return verdict(what, `no step named ${as}`);
    const [ms, otherMs] = [medianMs(seen), medianMs(other)];
    const ratio = ms / otherMs;
    const wrong = `was ${ratio.toFixed(1)} times (${ms.toFixed()} ms and ${otherMs.toFixed()} ms)`;
    return verdict(what, ratio >= atLeast && ratio <= atMost ? undefined : wrong);
  },
  flag: (flag, { flags }) =>
    flags
      ? verdict(`flag ${flag}`, flags.includes(flag) ? undefined : `was ${flags.join(',') || 'none'}`)
      : [],
};

/** How node tells that no answer came. */
const endings = { refused: /ECONNREFUSED/, closed: /ECONNRESET|socket hang up|socket disconnected/ };

function verdict(what: string, problem: string | undefined): Verdict {
  return problem ? { what, problem } : { what };
}

/** One verdict on all of them, with each problem once. */
function each(
  observations: readonly Observation[],
  what: string,
  check: (one: Observation) => string | undefined,
): Verdict {
  const problems = new Set(observations.map(check).filter((problem) => problem !== undefined));
  if (observations.length === 0) problems.add('there was no such answer');
  return verdict(what, [...problems].join('; ') || undefined);
}

function shareVerdict(
  what: string,
  shares: Readonly<Record<string, number>>,
  counts: ReadonlyMap<string, number>,
): Verdict {
  const problems = shareProblems(counts, new Map(Object.entries(shares)));
  return verdict(`${what} ${inPercent(shares)}`, problems.join('; ') || undefined);
}

function headerVerdicts(
  observations: readonly Observation[],
  expected: Readonly<Record<string, string | null>>,
  verb: string,
  message: (one: Observation) => Message | undefined,
): Verdict[] {
  return Object.entries(expected).map(([name, value]) => {
    const what = value === null ? `no ${name} ${verb}` : `${name}: ${value} ${verb}`;
    return each(observations, what, (one) => {
      const found = message(one)?.headers[name.toLowerCase()]?.join(', ');
      return found === (value ?? undefined) ? undefined : `was ${found ?? 'absent'}`;
    });
  });
}

function took(ms: number): string {
  return `took ${ms.toFixed()} ms`;
}

function medianMs({ observations }: StepObservation): number {
  const sorted = observations.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
