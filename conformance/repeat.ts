/**
 * A difference between the engines counts when it comes again. Cases send in real time, and a computer that stood still
 * for a moment shows in one of them something that is of no rule; a difference of rules comes each time, one of chance
 * (which of two equals was chosen) in some. So what differs is run again, by itself; what then does not differ once is
 * called unsteady and named, and many of those count as a difference too.
 */

/** How often what differed is run again. All of these have to agree. */
const repeats = 3;

/** As many may be unsteady in one run. */
export const unsteadyAllowed = 3;

export interface Outcome<T> {
  one: T;
  /** What differed at first; none: nothing. */
  first: readonly string[];
  /** What differed in the last repeat that did; none: unsteady, or nothing differed at first. */
  again: readonly string[];
}

/** @param run what differs of each, in their order */
export async function repeatDiffering<T>(
  firsts: readonly { one: T; problems: readonly string[] }[],
  run: (some: readonly T[]) => Promise<readonly (readonly string[])[]>,
): Promise<Outcome<T>[]> {
  const outcomes = firsts.map(({ one, problems }) => ({
    one,
    first: problems,
    again: [] as readonly string[],
  }));
  let open = outcomes.filter(({ first }) => first.length > 0);
  for (let i = 0; i < repeats && open.length > 0; i++) {
    const problems = await run(open.map(({ one }) => one));
    open.forEach((outcome, j) => {
      outcome.again = problems[j] ?? [];
    });
    open = open.filter(({ again }) => again.length === 0);
  }
  return outcomes;
}

interface Weighed<T> {
  /** Differed at first and never since. */
  unsteady: Outcome<T>[];
  differing: Outcome<T>[];
  /** More are unsteady than may be chance. */
  isUnsteady: boolean;
  /** How many count as different. */
  count: number;
}

export function weigh<T>(outcomes: readonly Outcome<T>[]): Weighed<T> {
  const unsteady = outcomes.filter(({ first, again }) => first.length > 0 && again.length === 0);
  const differing = outcomes.filter(({ again }) => again.length > 0);
  const isUnsteady = unsteady.length > unsteadyAllowed;
  return { unsteady, differing, isUnsteady, count: differing.length + (isUnsteady ? unsteady.length : 0) };
}
