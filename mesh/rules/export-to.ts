/** exportTo: the namespaces that see a rule. */
import type { z } from 'zod';
import { say } from './fields.ts';
import { isLabel } from './hosts.ts';

/** The check of exportTo for a whole object; `none` says whether `~` (nobody) may be in it. */
export function exportToCheck(none = false) {
  return {
    reads: ['exportTo'] as const,
    check: (
      { exportTo = [] }: { exportTo?: string[] },
      { namespace }: { namespace: string },
      ctx: z.RefinementCtx,
    ) => {
      for (const { index, message } of exportToProblems(exportTo, namespace, none)) {
        say(ctx, ['spec', 'exportTo', index], message);
      }
    },
  };
}

function exportToProblems(
  exportTo: readonly string[],
  namespace: string,
  none: boolean,
): { index: number; message: string }[] {
  const problems: { index: number; message: string }[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of exportTo.entries()) {
    const meant = entry === '.' ? namespace : entry;
    if (seen.has(meant)) problems.push({ index, message: `${entry}: twice in the list` });
    seen.add(meant);
    if (entry === '~' && none) {
      if (exportTo.length > 1) problems.push({ index, message: '~: nobody and somebody at once' });
    } else if (entry === '*') {
      if (exportTo.length > 1)
        problems.push({ index, message: '*: everybody, so nothing may stand beside it' });
    } else if (entry !== '.' && !isLabel(entry)) {
      problems.push({ index, message: `${JSON.stringify(entry)}: not ".", "*" or a namespace` });
    }
  }
  return problems;
}

/** The list in force: everybody where nothing is written. */
export function exportedTo(exportTo: readonly string[] | undefined): readonly string[] {
  return exportTo && exportTo.length > 0 ? exportTo : ['*'];
}
