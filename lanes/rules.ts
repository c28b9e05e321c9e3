/** The Istio rules of a command, or one message that says what is wrong with them. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Remark, remarks } from '../mesh/remarks/remarks.ts';
import { formatProblem, isEmpty, loadRules } from '../mesh/rules/load.ts';
import type { RuleSet } from '../mesh/rules/model.ts';
import { Failure } from '../runtime/failure.ts';
import type { Lanes } from './lanes.ts';
import { registryAsWritten } from './registry.ts';

/**
 * Reads a folder (or file) of rules; those without a namespace belong to that of the lanes. The file of the lanes may
 * lie among them.
 * @returns the rules, and what is no error but worth a word
 * @throws Failure with every problem, a line each
 */
export async function readRules(
  folder: string,
  lanes: Lanes,
): Promise<{ rules: RuleSet; remarks: Remark[] }> {
  await stat(folder).catch(() => {
    throw new Failure(
      `There is no ${resolve(folder)}. --rules takes a folder with Istio YAML, e.g. --rules istio`,
      2,
    );
  });
  const loaded = await loadRules(folder, { defaultNamespace: lanes.namespace, except: [lanes.file] });
  if (!loaded.ok) throw new Failure(loaded.problems.map(formatProblem).join('\n'), 2);
  if (isEmpty(loaded.rules)) {
    throw new Failure(`${folder} has no Istio rule in a .yaml file, so there is nothing to run.`, 2);
  }
  return { rules: loaded.rules, remarks: remarksOn(loaded.rules, lanes) };
}

/** What there is to say of rules beside all versions of the lanes. */
export function remarksOn(rules: RuleSet, lanes: Lanes): Remark[] {
  return remarks(rules, registryAsWritten(lanes));
}
