/** Cases on both engines; what differs is run again. */
import type { Case } from '../check/format.ts';
import { conform } from './conform.ts';
import { type Engines, misjudgedIn } from './engines.ts';
import { type Outcome, repeatDiffering } from './repeat.ts';

interface Progress {
  /** Ends the run before the next case. */
  signal?: AbortSignal;
  /** A case has run on both; no problem: all was as expected. */
  onCase: (one: Case, problems: readonly string[]) => void;
  /** So many are run once more. */
  onRepeat: (count: number) => void;
}

interface ComparedCases {
  outcomes: Outcome<Case>[];
  /** Of how many the response flags of the access logs were compared too. */
  withFlags: number;
}

export async function compareCases(
  cases: readonly Case[],
  engines: Engines,
  { signal, onCase, onRepeat }: Progress,
): Promise<ComparedCases> {
  const run = async (some: readonly Case[]) => {
    const results: { one: Case; problems: string[]; hasFlags: boolean }[] = [];
    const comparisons = conform(some, engines.local, engines.istio);
    for await (const { case: one, differences, unmet, hasFlags } of comparisons) {
      signal?.throwIfAborted();
      const problems = [...differences, ...unmet, ...misjudgedIn(engines, one.file)];
      onCase(one, problems);
      results.push({ one, problems, hasFlags });
    }
    return results;
  };
  const firsts = await run(cases);
  const outcomes = await repeatDiffering(firsts, async (some) => {
    onRepeat(some.length);
    return (await run(some)).map(({ problems }) => problems);
  });
  return { outcomes, withFlags: firsts.filter(({ hasFlags }) => hasFlags).length };
}
