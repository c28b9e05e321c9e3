/** Runs cases on the local mesh and on Istio and compares all that was seen. */

import type { Engine } from '../check/engine.ts';
import type { Case } from '../check/format.ts';
import { problemsOf } from '../check/report.ts';
import { type CaseResult, runCases } from '../check/run.ts';
import { compareResults } from './compare.ts';

export interface Comparison {
  case: Case;
  /** What differs between the engines. */
  differences: readonly string[];
  /** What both may agree on, but the case says otherwise. */
  unmet: readonly string[];
  /** Whether both told their response flags. */
  hasFlags: boolean;
}

/**
 * Compares case by case, in order. A case that needs a cluster is run there, and locally only to see it refused.
 */
export async function* conform(
  cases: readonly Case[],
  local: Engine,
  istio: Engine,
): AsyncGenerator<Comparison> {
  const onIstio = runCases(cases, istio);
  for await (const here of runCases(cases, local)) {
    const there = (await onIstio.next()).value as CaseResult;
    const hasFlags = here.outcomes !== undefined && there.outcomes !== undefined;
    const unmet = problemsOf(there).map((problem) => `${istio.name}: ${problem}`);
    if (here.case.needs) {
      const isNamed = !here.case.needs.refused || here.stopped?.includes(here.case.needs.refused);
      const differences = isNamed
        ? []
        : [`${here.case.file}: the local mesh does not refuse it by name: ${here.stopped}`];
      yield { case: here.case, differences, unmet, hasFlags };
    } else {
      unmet.push(...problemsOf(here).map((problem) => `${local.name}: ${problem}`));
      yield { case: here.case, differences: compareResults(here, there), unmet, hasFlags };
    }
  }
}
