/** Changes of the rules in their files: planned, carried out, taken back. What somebody else wrote meanwhile is kept. */
import { randomUUID } from 'node:crypto';
import { accessSync, constants, readFileSync, renameSync, statSync } from 'node:fs';
import { realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Lanes } from '../../lanes/lanes.ts';
import { remarksOn } from '../../lanes/rules.ts';
import { formatRemark } from '../../mesh/remarks/remarks.ts';
import { formatProblem, parseRules } from '../../mesh/rules/load.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import type { Source } from '../../mesh/rules/source.ts';
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

interface DoneChange {
  id: string;
  changes: readonly FileChange[];
}

export interface ChangesOptions {
  lanes: Lanes;
  /** Where the rules stand; undefined: nowhere. */
  folder: string | undefined;
  /** The rules in force. */
  rules: () => RuleSet;
  /** What their files said. */
  sources: () => readonly Source[];
  /** Why the files as they are now are not in force, a line each. */
  problems: () => readonly string[];
}

/** Plans that may still be said yes to. */
const maxPlans = 20;
const maxUndo = 100;

export class Changes {
  readonly #options: ChangesOptions;
  readonly #plans = new Map<string, readonly FileChange[]>();
  readonly #done: DoneChange[] = [];
  /** Files are written by one after the other: between looking and writing nobody else comes. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** The change that undo would take back, in words the files that it would write; undefined where there is none. */
  get undoable(): { id: string; what: string } | undefined {
    const last = this.#done.at(-1);
    return last && { id: last.id, what: last.changes.map(({ file }) => file).join(', ') };
  }

  /** @throws Refusal where a change cannot be made, or its outcome would not be in force */
  async plan(edits: readonly Edit[]): Promise<Plan> {
    const { lanes, folder, rules, sources, problems } = this.#options;
    if (folder === undefined) {
      const how = `npx coloring rules --lanes ${lanes.file} --out istio writes them`;
      throw new Refusal(409, `These rules were made from ${lanes.file} and stand in no file yet; ${how}.`);
    }
    if (problems().length > 0)
      throw new Refusal(409, ['The files are not in force as they are:', ...problems()].join('\n'));
    const texts = new Map(sources().map(({ file, text }) => [file, text]));
    const { virtualServices, destinationRules } = rules();
    for (const edit of inOrder(edits)) {
      refuseHttpRoutes(edit.rule);
      const rule = [...virtualServices, ...destinationRules].find((one) => ruleName(one) === edit.rule);
      const text = rule && texts.get(rule.place.file);
      if (rule === undefined || text === undefined)
        throw new Refusal(404, `There is no ${edit.rule} in ${folder}.`);
      const { name, namespace, place } = rule;
      this.#refuseNews(place.file);
      texts.set(place.file, editRule(text, { name, namespace, defaultNamespace: lanes.namespace }, edit));
    }
    const changes = sources()
      .map(({ file, text }) => ({ file, before: text, after: texts.get(file) ?? text }))
      .filter(({ before, after }) => before !== after);
    if (changes.length === 0) throw new Refusal(400, 'That is how the rules are already.');
    const remarks = this.#newRemarks([...texts].map(([file, text]) => ({ file, text })));
    const id = randomUUID();
    this.#plans.set(id, changes);
    if (this.#plans.size > maxPlans) this.#plans.delete(this.#plans.keys().next().value ?? '');
    return {
      id,
      parts: changes.map(({ file, before, after }) => ({ target: file, diff: lineDiff(before, after) })),
      remarks,
    };
  }

  /**
   * @returns what was written
   * @throws Refusal where a file has changed since the plan was made
   */
  apply(planId: string): Promise<Source[]> {
    return this.#inTurn(async () => {
      const changes = this.#plans.get(planId);
      if (!changes) throw new Refusal(404, 'This change is no longer known; make it again.');
      await write(changes.map(({ file, before, after }) => ({ file, from: before, to: after })));
      this.#plans.delete(planId);
      this.#done.push({ id: planId, changes });
      if (this.#done.length > maxUndo) this.#done.shift();
      return changes.map(({ file, after }) => ({ file, text: after }));
    });
  }

  /**
   * @param id of the last change
   * @returns what was written
   * @throws Refusal where there is nothing to take back, another change is the last one, or it has been changed since
   */
  undo(id: string): Promise<Source[]> {
    return this.#inTurn(async () => {
      const last = this.#done.at(-1);
      if (!last) throw new Refusal(404, 'There is nothing to take back.');
      if (last.id !== id) throw new Refusal(409, 'Another change is the last one by now; look again.');
      const back = last.changes.map(({ file, before, after }) => ({ file, from: after, to: before }));
      // What somebody took back by hand already is no reason to refuse the rest.
      const open = back.filter(({ file, to }) => textOf(file) !== to);
      const theirs = open.find(({ file, from }) => textOf(file) !== from);
      if (theirs) {
        // Else those before it could never be taken back.
        this.#done.pop();
        const what = `${theirs.file} has been changed by somebody else since`;
        throw new Refusal(409, `${what}. Nothing was written; that change is now to be taken back by hand.`);
      }
      await write(open);
      this.#done.pop();
      return back.map(({ file, to }) => ({ file, text: to }));
    });
  }

  /** @throws Refusal where the routes that the page shows are not those of the file */
  #refuseNews(file: string): void {
    const inForce = this.#options.sources().find((source) => source.file === file)?.text;
    if (textOf(file) !== inForce) throw new Refusal(409, `${file} has just changed on disk; look again.`);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
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

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined where it cannot be read. @throws Refusal where a change would damage it, or is not wanted */
function textOf(file: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  if (isReadOnly(file)) throw new Refusal(409, `${file} is read-only; make it writable first.`);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Refusal(409, `${file} is not in UTF-8, and a change would damage it; convert it first.`);
  }
}

function isReadOnly(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    // Root may write all the same.
    return (statSync(file).mode & 0o222) === 0;
  } catch {
    return true;
  }
}

interface Replacement {
  file: string;
  from: string;
  to: string;
}

/** All files or none, and none that somebody else has written meanwhile. */
async function write(replacements: readonly Replacement[]): Promise<void> {
  refuseTheirs(replacements);
  const written: { temporary: string; place: string }[] = [];
  try {
    for (const { file, to } of replacements) {
      // In one step, so that no reader ever sees half of it. The name is none that rules have. A link stays one.
      const place = await realpath(file);
      const temporary = join(dirname(place), `.${basename(place)}.${process.pid}`);
      written.push({ temporary, place });
      await writeFile(temporary, to, { mode: (await stat(place)).mode });
    }
    // No pause between looking and replacing, in which somebody could write.
    refuseTheirs(replacements);
    for (const { temporary, place } of written) renameSync(temporary, place);
  } finally {
    await Promise.all(written.map(({ temporary }) => rm(temporary, { force: true })));
  }
}

function refuseTheirs(replacements: readonly Replacement[]): void {
  const theirs = replacements.find(({ file, from }) => textOf(file) !== from);
  if (!theirs) return;
  throw new Refusal(
    409,
    `${theirs.file} has been changed by somebody else since. Nothing was written; look again.`,
  );
}
