/** exportTo: the namespaces that see a rule. */
import { isLabel } from './hosts.ts';

/** What is wrong with the list, by index; `none` says whether `~` (nobody) may be in it. */
export function exportToProblems(
  exportTo: readonly string[],
  namespace: string,
  none = false,
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
