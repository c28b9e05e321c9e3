/** From the text of a file to its YAML documents, each of whose fields still knows its line. */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ScalarTag,
  visit,
} from 'yaml';
import { parseAsKubectl } from './flow-colons.ts';
import type { Place } from './model.ts';
import type { Path, Problem } from './problem.ts';

export interface Source {
  /** As the user would name it. */
  file: string;
  text: string;
}

/** One object as it was written: plain data, and the place of every field of it. */
export interface SourceObject {
  file: string;
  value: unknown;
  /** The place of the field at `path`; of the nearest one around it where it was not written. */
  place(path: Path): Place;
}

/**
 * kubectl reads YAML 1.1 here: an unquoted `yes`, `n` or `off` is a boolean, so a cluster refuses it as a header value
 * or label.
 */
const yaml11Boolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:[YyNn]|[Yy]es|YES|[Oo]n|ON|[Nn]o|NO|[Oo]ff|OFF)$/,
  resolve: (text) => /^(?:y|yes|on)$/i.test(text),
};

/** As above: underscores and octal, `1_000` and `0777`, are numbers. */
const yaml11Integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0[0-7_]+|0b[01_]+|[1-9][0-9]*_[0-9_]*)$/,
  resolve: (text) => {
    const digits = text.replaceAll('_', '').replace(/^([-+]?)0(?=[0-7])/, '$10o');
    const magnitude = Number(digits.replace(/^[-+]/, ''));
    return digits.startsWith('-') ? -magnitude : magnitude;
  },
};

/** So many mistakes in the syntax of one file are told; behind the first ones they mostly follow from those. */
const maxSyntaxProblems = 10;

/** Reads every object of a file: several documents, `kind: List`, anchors and JSON included. Never throws. */
export function readObjects(source: Source): { objects: SourceObject[]; problems: Problem[] } {
  const lines = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const problems: Problem[] = [];
  let untold = 0;
  const objects: SourceObject[] = [];
  const composer = new Composer({
    stringKeys: true,
    merge: true,
    logLevel: 'silent',
    customTags: (tags) => [yaml11Boolean, yaml11Integer, ...tags],
  });
  const tokens = parseAsKubectl(source.text, lines.addNewLine);
  for (const document of composer.compose(tokens, false, source.text.length)) {
    const syntax = [...document.errors, ...document.warnings];
    for (const { pos, message } of syntax) {
      if (problems.length === maxSyntaxProblems) untold++;
      else problems.push({ file: source.file, line: lineAt(pos[0]), message: `YAML: ${shortened(message)}` });
    }
    if (syntax.length > 0) continue;
    let value: unknown;
    try {
      value = document.toJS();
    } catch (error) {
      // Aliases that nothing defines, or that multiply beyond all measure.
      const line = lineAt(danglingAlias(document) ?? rangeStart(document.contents) ?? 0);
      if (problems.length === maxSyntaxProblems) untold++;
      else problems.push({ file: source.file, line, message: `YAML: ${(error as Error).message}` });
      continue;
    }
    if (value === null || value === undefined) continue;
    const whole: SourceObject = {
      file: source.file,
      value,
      place: (path) => ({ file: source.file, line: lineAt(offsetOf(document, path)) }),
    };
    objects.push(...itemsOf(whole));
  }
  const last = problems.at(-1);
  if (untold > 0 && last) problems.push({ ...last, message: `YAML: and ${untold} more in this file` });
  return { objects, problems };
}

/** A message may quote the text that it is about, however long that is. */
function shortened(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)}…` : message;
}

/** The items of a `kind: List` (or `VirtualServiceList`, as kubectl get prints it); any other object is itself. */
function itemsOf(object: SourceObject): SourceObject[] {
  const { kind, items } = object.value as { kind?: unknown; items?: unknown };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [object];
  return items.flatMap((value, i) =>
    itemsOf({ file: object.file, value, place: (path) => object.place(['items', i, ...path]) }),
  );
}

/** Where the first alias stands that nothing defines. */
function danglingAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return undefined;
      offset = rangeStart(alias);
      return visit.BREAK;
    },
  });
  return offset;
}

/** Where the key of a map entry, or an item of a list, begins. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && keyText(item.key) === String(step));
      if (!pair) return offset;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = rangeStart(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
