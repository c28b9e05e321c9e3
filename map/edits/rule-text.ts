/** The text of a rule, changed so that it says what was asked for and nothing else. */
import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, visit, type YAMLMap } from 'yaml';
import { Refusal } from '../source.ts';
import { documentsIn, notEditable, type RuleTarget, ruleIn } from './find-rule.ts';
import { flow } from './flow.ts';
import { deleteField, pairOf, type Span, setField, spanOf } from './text-edits.ts';

export interface RuleText {
  /** Of the whole file. */
  text: string;
  kind: 'VirtualService' | 'DestinationRule';
  target: RuleTarget;
}

/** What fields shall say; undefined: it goes. */
export type Fields = Readonly<Record<string, unknown>>;

/** Data as it was written, references followed. */
export type Written = Record<string, unknown>;

type Path = readonly (string | number)[];

/** @throws Refusal where the rule is not there */
export function specOf({ text, kind, target }: RuleText): Written {
  return plain(ruleIn(text, kind, target)).spec as Written;
}

/**
 * The text of the file with these fields in the mapping at this path of the rule.
 * @throws Refusal where it is written in a form that cannot be edited here
 */
export function withFields(rule: RuleText, path: Path, fields: Fields): string {
  const now = at(specOf(rule), path);
  let { text } = rule;
  for (const [field, value] of Object.entries(fields)) {
    if (isDeepStrictEqual(now[field], value)) continue;
    const document = ruleIn(text, rule.kind, rule.target);
    const map = document.getIn(['spec', ...path]);
    if (!isMap(map)) throw notEditable(rule.kind, rule.target);
    const pair = pairOf(map as YAMLMap, field);
    if (pair) refuseShared(document, spanOf(pair));
    text =
      value === undefined
        ? deleteField(text, map, field)
        : setField(text, map as YAMLMap, field, flow(value));
  }
  return saying(rule, text, (spec) => Object.assign(at(spec, path), fields));
}

/**
 * The changed text, where it says what the rule said with this change, and beside it what it did.
 * @param change made of a copy of its spec
 * @throws Refusal where it does not: by merge keys, say
 */
export function saying(rule: RuleText, changed: string, change: (spec: Written) => void): string {
  const { text, kind, target } = rule;
  const documents = documentsIn(text);
  const own = ruleIn(text, kind, target).range[0];
  const wanted = documents.map((document) => {
    const said = plain(document);
    if (document.range[0] === own) change(said.spec as Written);
    return said;
  });
  if (isDeepStrictEqual(JSON.parse(JSON.stringify(wanted)), sayingOf(changed))) return changed;
  throw new Refusal(
    409,
    `${kind} ${target.namespace}/${target.name} is written so that this change would not say what was asked for, or more than that; edit the file.`,
  );
}

/** @throws Refusal where something else refers to what stands there */
export function refuseShared(document: Document.Parsed, [start, end]: Span): void {
  const isWithin = (offset = -1) => offset >= start && offset < end;
  const anchors = new Set<string>();
  visit(document, {
    Value: (_, { anchor, range }) => {
      if (anchor !== undefined && isWithin(range?.[0])) anchors.add(anchor);
    },
  });
  visit(document, {
    Alias: (_, { source, range }) => {
      if (isWithin(range?.[0]) || !anchors.has(source)) return;
      const what = `The anchor &${source} that stands there is used elsewhere too (*${source})`;
      throw new Refusal(409, `${what}, so more would change than what was asked for; edit the file.`);
    },
  });
}

function at(spec: Written, path: Path): Written {
  return path.reduce((value, step) => value[step as string] as Written, spec);
}

/** Undefined where it is no YAML. */
function sayingOf(text: string): Written[] | undefined {
  const documents = documentsIn(text);
  return documents.some(({ errors }) => errors.length > 0) ? undefined : documents.map(plain);
}

/** A copy, in which nothing is shared. */
function plain(document: Document.Parsed): Written {
  return JSON.parse(JSON.stringify(document.toJS()));
}
