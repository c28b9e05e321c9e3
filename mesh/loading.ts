/** From the rules that a mesh is given, files or parsed, to those that it puts in force. */
import type { MeshOptions, ReloadResult } from './options.ts';
import { formatProblem, isEmpty, parseRules } from './rules/load.ts';
import type { RuleSet } from './rules/model.ts';
import { type RulePaths, readRuleFiles } from './rules/rule-files.ts';
import type { Source } from './rules/source.ts';

/** The rules could not be loaded at the start. */
export class RulesError extends Error {
  /** A line each: file, line, field, what was expected. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'RulesError';
    this.problems = problems;
  }
}

export function isPaths(rules: MeshOptions['rules']): rules is RulePaths {
  return typeof rules === 'string' || Array.isArray(rules);
}

export type RuleTexts = Awaited<ReturnType<typeof readRuleFiles>>;
export type Loaded = Extract<ReloadResult, { ok: true }> & { sources?: readonly Source[] };

/** What the files of the rules say; undefined where the rules are at hand. */
export async function read({ rules, exceptFiles }: MeshOptions): Promise<RuleTexts | undefined> {
  return isPaths(rules) ? readRuleFiles(rules, exceptFiles) : undefined;
}

/** @param inForce what a mistake would put an end to */
export function load(
  { rules, defaultNamespace }: MeshOptions,
  files: RuleTexts | undefined,
  inForce?: RuleSet,
): Loaded | Extract<ReloadResult, { ok: false }> {
  if (!isPaths(rules)) return { ok: true, rules };
  const { sources = [], problems = [] } = files ?? {};
  const result = parseRules(sources, defaultNamespace === undefined ? {} : { defaultNamespace });
  const all = [...problems, ...(result.ok ? [] : result.problems)].map(formatProblem);
  if (all.length > 0 || !result.ok) return { ok: false, problems: all };
  // A folder that is on its way from one branch to another, or an editor's empty file.
  if (isEmpty(result.rules) && inForce && !isEmpty(inForce)) {
    return { ok: false, problems: [`${[rules].flat().join(', ')}: there is no Istio rule any more`] };
  }
  return { ok: true, rules: result.rules, sources };
}
