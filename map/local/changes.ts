/** Changes of the rules in their files: planned, carried out, taken back. What somebody else wrote meanwhile is kept. */
import { randomUUID } from 'node:crypto';
import { readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Lanes } from '../../lanes/lanes.ts';
import { remarksOn } from '../../lanes/rules.ts';
import { formatRemark } from '../../mesh/remarks/remarks.ts';
import { formatProblem, parseRules } from '../../mesh/rules/load.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { readRuleFiles } from '../../mesh/rules/rule-files.ts';
import { editRule, inOrder, refuseHttpRoutes } from '../edits/edit-rule.ts';
import { lineDiff } from '../edits/line-diff.ts';
import type { Edit, Plan } from '../protocol.ts';
import { Refusal } from '../source.ts';
import { ruleName } from '../view/rules-view.ts';

interface FileChange {
  file: string;
  before: string;
  after: string;
}

export interface ChangesOptions {
  lanes: Lanes;
  /** Where the rules stand; undefined: nowhere. */
  folder: string | undefined;
  /** The rules in force. */
  rules: () => RuleSet;
}

/** Plans that may still be said yes to. */
const maxPlans = 20;
const maxUndo = 100;

export class Changes {
  readonly #options: ChangesOptions;
  readonly #plans = new Map<string, readonly FileChange[]>();
  readonly #done: (readonly FileChange[])[] = [];
  /** Files are written by one after the other: between looking and writing nobody else comes. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** The files that undo would write; undefined where there is nothing to take back. */
  get undoable(): string | undefined {
    return this.#done
      .at(-1)
      ?.map(({ file }) => file)
      .join(', ');
  }

  /** @throws Refusal where a change cannot be made, or its outcome would not be in force */
  async plan(edits: readonly Edit[]): Promise<Plan> {
    const { lanes, folder, rules } = this.#options;
    if (folder === undefined) {
      const how = `npx coloring rules --lanes ${lanes.file} --out istio writes them`;
      throw new Refusal(409, `These rules were made from ${lanes.file} and stand in no file yet; ${how}.`);
    }
    const { sources, problems } = await readRuleFiles(folder, [lanes.file]);
    if (problems.length > 0) throw new Refusal(409, problems.map(formatProblem).join('\n'));
    const texts = new Map(sources.map(({ file, text }) => [file, text]));
    const { virtualServices, destinationRules } = rules();
    for (const edit of inOrder(edits)) {
      refuseHttpRoutes(edit.rule);
      const rule = [...virtualServices, ...destinationRules].find((one) => ruleName(one) === edit.rule);
      const text = rule && texts.get(rule.place.file);
      if (rule === undefined || text === undefined)
        throw new Refusal(404, `There is no ${edit.rule} in ${folder}.`);
      const { name, namespace, place } = rule;
      texts.set(place.file, editRule(text, { name, namespace, defaultNamespace: lanes.namespace }, edit));
    }
    const changes = sources
      .map(({ file, text }) => ({ file, before: text, after: texts.get(file) ?? text }))
      .filter(({ before, after }) => before !== after);
    if (changes.length === 0) throw new Refusal(400, 'That is how the rules are already.');
    const id = randomUUID();
    this.#plans.set(id, changes);
    if (this.#plans.size > maxPlans) this.#plans.delete(this.#plans.keys().next().value ?? '');
    return {
      id,
      parts: changes.map(({ file, before, after }) => ({ target: file, diff: lineDiff(before, after) })),
      remarks: this.#newRemarks([...texts].map(([file, text]) => ({ file, text }))),
    };
  }

  /** @throws Refusal where a file has changed since the plan was made */
  apply(planId: string): Promise<void> {
    return this.#inTurn(async () => {
      const changes = this.#plans.get(planId);
      if (!changes) throw new Refusal(404, 'This change is no longer known; make it again.');
      await write(changes.map(({ file, before, after }) => ({ file, from: before, to: after })));
      this.#plans.delete(planId);
      this.#done.push(changes);
      if (this.#done.length > maxUndo) this.#done.shift();
    });
  }

  /** @throws Refusal where there is nothing to take back, or it has been changed since */
  undo(): Promise<void> {
    return this.#inTurn(async () => {
      const changes = this.#done.at(-1);
      if (!changes) throw new Refusal(404, 'There is nothing to take back.');
      // What somebody took back by hand already is no reason to refuse the rest.
      const isOpen = await Promise.all(
        changes.map(async ({ file, before }) => (await textOf(file)) !== before),
      );
      const open = changes.filter((_, index) => isOpen[index]);
      await write(open.map(({ file, before, after }) => ({ file, from: after, to: before })));
      this.#done.pop();
    });
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(act);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  #newRemarks(sources: { file: string; text: string }[]): string[] {
    const { lanes, rules } = this.#options;
    const parsed = parseRules(sources, { defaultNamespace: lanes.namespace });
    if (!parsed.ok) throw new Refusal(400, parsed.problems.map(formatProblem).join('\n'));
    // Lines move: a remark is new by its words, not by its place.
    const words = (line: string) => line.replace(/:\d+/g, '');
    const known = new Set(remarksOn(rules(), lanes).map((remark) => words(formatRemark(remark))));
    return remarksOn(parsed.rules, lanes)
      .map(formatRemark)
      .filter((line) => !known.has(words(line)));
  }
}

/** Undefined where it cannot be read. */
function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** All files or none: first all are looked at, then all are written. */
async function write(changes: readonly { file: string; from: string; to: string }[]): Promise<void> {
  for (const { file, from } of changes) {
    if ((await textOf(file)) !== from)
      throw new Refusal(
        409,
        `${file} has been changed by somebody else since. Nothing was written; look again.`,
      );
  }
  for (const { file, to } of changes) {
    // In one step, so that no reader ever sees half of it. The name is none that rules have. A link stays one.
    const place = await realpath(file);
    const temporary = join(dirname(place), `.${basename(place)}.${process.pid}`);
    await writeFile(temporary, to, { mode: (await stat(place)).mode });
    await rename(temporary, place);
  }
}
