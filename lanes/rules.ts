/** The Istio rules of a command, or one message that says what is wrong with them. */
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Remark, remarks } from '../mesh/remarks/remarks.ts';
import { formatProblem, isEmpty, type LoadedRules, loadRules, parseRules } from '../mesh/rules/load.ts';
import type { RuleSet } from '../mesh/rules/model.ts';
import { Failure } from '../runtime/failure.ts';
import { ruleFiles } from './generate/files.ts';
import { toYaml } from './generate/yaml.ts';
import type { Lanes } from './lanes.ts';
import { registryAsWritten } from './registry.ts';

export interface ReadRules {
  rules: RuleSet;
  /** What is no error but worth a word. */
  remarks: Remark[];
  /** The folder or file where they stand, and what it says; undefined: they were made from the lanes. */
  folder?: string;
  sources?: LoadedRules['sources'];
}

/**
 * Reads a folder (or file) of rules; those without a namespace belong to that of the lanes. The file of the lanes may
 * lie among them.
 * @param folder undefined: `istio` beside the lanes file if it is there (of the other dialect: `gateway-api`); else the rules are made from the lanes
 * @throws Failure with every problem, a line each
 */
export async function readRules(folder: string | undefined, lanes: Lanes): Promise<ReadRules> {
  const used = folder ?? (await folderBeside(lanes));
  return used === undefined ? generatedRules(lanes) : { folder: used, ...(await rulesIn(used, lanes)) };
}

/** The folder of rules that goes with the lanes where nobody names one; undefined: there is none. */
export async function folderBeside(lanes: Lanes): Promise<string | undefined> {
  const folder = besideLanes(lanes);
  return (await isThere(folder)) ? folder : undefined;
}

function besideLanes({ file, dialect }: Lanes): string {
  return join(dirname(file), dialect === 'gateway' ? 'gateway-api' : 'istio');
}

async function rulesIn(folder: string, lanes: Lanes): Promise<ReadRules> {
  if (!(await isThere(folder))) {
    throw new Failure(
      `There is no ${resolve(folder)}. --rules takes a folder with Istio YAML, e.g. --rules istio`,
      2,
    );
  }
  const loaded = await loadRules(folder, { defaultNamespace: lanes.namespace, except: [lanes.file] });
  if (!loaded.ok) throw new Failure(loaded.problems.map(formatProblem).join('\n'), 2);
  if (isEmpty(loaded.rules)) {
    throw new Failure(`${folder} has no Istio rule in a .yaml file, so there is nothing to run.`, 2);
  }
  const { rules, sources } = loaded;
  return { rules, sources, remarks: remarksOn(rules, lanes) };
}

/** With the files and lines that `coloring rules` would give them. */
export function generatedRules(lanes: Lanes): ReadRules {
  const sources = ruleFiles(lanes).map(({ name, objects }) => ({
    file: join(besideLanes(lanes), name),
    text: toYaml(objects),
  }));
  const parsed = parseRules(sources, { defaultNamespace: lanes.namespace });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return { rules: parsed.rules, remarks: remarksOn(parsed.rules, lanes) };
}

/** What cannot be looked at is there: reading it says why not. */
function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  );
}

/** What there is to say of rules beside all versions of the lanes. */
export function remarksOn(rules: RuleSet, lanes: Lanes): Remark[] {
  return remarks(rules, registryAsWritten(lanes));
}
