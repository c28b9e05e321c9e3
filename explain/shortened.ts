/** Fewer lines where a rule with many routes took no part. */
import type { Candidate } from '../mesh/routing/explain.ts';

/** A rule with no more routes than these is shown route by route in any case. */
const fewRoutes = 4;

/**
 * Routes that were tried in vain, of a rule that does not decide, in one line where they are many; all else as it is.
 * @param more where each of their reasons can be seen
 */
export function shortened(candidates: readonly Candidate[], more = ''): Candidate[] {
  const deciding = candidates.find(({ matched }) => matched)?.rule?.name;
  const runs: Candidate[][] = [];
  for (const candidate of candidates) {
    const run = runs.at(-1);
    if (run && candidate.rule && run[0]?.rule?.name === candidate.rule.name) run.push(candidate);
    else runs.push([candidate]);
  }
  return runs.flatMap((run) => {
    const [first] = run;
    if (!first?.rule || run.length <= fewRoutes || first.rule.name === deciding) return run;
    const reason = `none of its ${run.length} routes takes this request${more}`;
    return [{ name: first.rule.name, rule: first.rule, matched: false, reason }];
  });
}
