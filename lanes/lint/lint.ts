/** All that `start` and `explain` would refuse or remark on, in rules and lanes, without running anything. */
import { formatProblem, loadRules } from '../../mesh/rules/load.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { type Lanes, LanesError, readLanes } from '../lanes.ts';
import { folderBeside, generatedRules, remarksOn } from '../rules.ts';
import type { Finding } from './finding.ts';
import { unroutedVersions } from './unrouted-versions.ts';

/**
 * @param named folders with rules, or files; none: `istio` beside the lanes file, or the rules made from it
 * @returns what is found, in the order of files and lines; what is said of routes only where all else can be read
 */
export async function lint(lanesFile: string, named: readonly string[]): Promise<Finding[]> {
  const lanes = await lanesOrFindings(lanesFile);
  if (Array.isArray(lanes)) return lanes;
  const beside = named.length > 0 ? undefined : await folderBeside(lanes);
  const folders = beside === undefined ? named : [beside];
  if (folders.length === 0) return lintRules(lanes, generatedRules(lanes).rules);
  const loaded = await loadRules(folders, { defaultNamespace: lanes.namespace, except: [lanes.file] });
  if (!loaded.ok) return loaded.problems.map((problem) => ({ code: 'rule-invalid', ...problem }));
  return lintRules(lanes, loaded.rules);
}

function lintRules(lanes: Lanes, rules: RuleSet): Finding[] {
  const remarks = remarksOn(rules, lanes).map(
    ({ code, place, object, field, message, wayOut }): Finding => ({
      code,
      ...place,
      object: `${object.kind} ${object.name}`.trim(),
      field,
      message: wayOut ? `${message}; ${wayOut}` : message,
    }),
  );
  return [...remarks, ...unroutedVersions(lanes, rules)].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line,
  );
}

/** As the other commands print it, with the name at its end. */
export function formatFinding(finding: Finding): string {
  return `${formatProblem({ ...finding, object: finding.object ?? '' })} [${finding.code}]`;
}

async function lanesOrFindings(file: string): Promise<Lanes | Finding[]> {
  try {
    return await readLanes(file);
  } catch (error) {
    if (!(error instanceof LanesError)) throw error;
    return error.problems.map((problem) => {
      const [, line = '1', message = problem] = /:(\d+): ([\s\S]*)$/.exec(problem) ?? [];
      return { code: 'lanes-invalid', file, line: Number(line), message };
    });
  }
}
