/** Fewer lines where a rule with many routes took no part. */
import type { Verdict } from '../mesh/routing/explain.ts';

/** A rule with no more routes than these is shown route by route in any case. */
const fewRoutes = 4;

/**
 * Routes that were tried in vain, of a rule that does not decide, in one line where they are many; all else as it is.
 * @param more where each of their reasons can be seen
 */
export function shortened(verdicts: readonly Verdict[], more = ''): Verdict[] {
  const deciding = verdicts.find(({ matched }) => matched)?.rule?.name;
  const runs: Verdict[][] = [];
  for (const verdict of verdicts) {
    const run = runs.at(-1);
    if (run && verdict.rule && run[0]?.rule?.name === verdict.rule.name) run.push(verdict);
    else runs.push([verdict]);
  }
  return runs.flatMap((run) => {
    const [first] = run;
    if (!first?.rule || run.length <= fewRoutes || first.rule.name === deciding) return run;
    const reason = `none of its ${run.length} routes takes this request${more}`;
    return [{ name: first.rule.name, rule: first.rule, matched: false, reason }];
  });
}
