/** Changes of one field of a YAML mapping, or one item of a list, in their text. Comments around them stay. */
import {
  type CST,
  isCollection,
  isNode,
  isPair,
  isScalar,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Refusal } from '../source.ts';

/** From one offset of a text to another. */
export type Span = readonly [start: number, end: number];

/** Writes `field: value` in the place of the field that is there, or behind the last one. */
export function setField(text: string, map: YAMLMap, field: string, value: string): string {
  const pair = pairOf(map, field);
  const written = `${field}: ${value}`;
  if (pair) return replaced(text, spanOf(pair), written);
  const last = map.items.at(-1);
  if (map.flow) {
    // Right behind what is there: a comma or a comment may follow.
    if (last) return inserted(text, endOf(last), `, ${written}`);
    return inserted(text, rangeOf(map)[0] + 1, ` ${written} `);
  }
  const [start] = rangeOf(map);
  const indent = ' '.repeat(start - lineStart(text, start));
  return insertLines(text, endOfLine(text, last ? endOf(last) : start), [indent + written]);
}

/** Takes a field out; nothing where there is none. */
export function deleteField(text: string, map: YAMLMap, field: string): string {
  const pair = pairOf(map, field);
  if (!pair) return text;
  const [start, end] = spanOf(pair);
  const next = map.items[map.items.indexOf(pair) + 1];
  if (map.flow) return deleteInFlow(text, map, pair);
  const from = lineStart(text, start);
  const until = endOfLine(text, end);
  if (text.slice(from, start).trim() === '') return replaced(text, [from, until], '');
  // It stands behind the dash of its list: the next one takes its place, but not that of comments between them.
  const nextStart = next ? spanOf(next)[0] : until;
  if (text.slice(until, nextStart).trim() === '') return replaced(text, [start, nextStart], '');
  return text.slice(0, start).trimEnd() + breakOf(text) + text.slice(until);
}

/** With one of the commas beside it, and its line where nothing else is on it. */
function deleteInFlow(text: string, map: YAMLMap, pair: Pair): string {
  const [start, end] = spanOf(pair);
  const before = map.items[map.items.indexOf(pair) - 1];
  const comma = /^(?:\s|(?<=\s)#.*(?=[\r\n]))*?,[ \t]*/.exec(text.slice(end))?.[0] ?? '';
  if (comma === '' && before && text.slice(endOf(before), start).trim() === ',')
    return replaced(text, [endOf(before), end], '');
  // A comma before it that a comment follows may stay: YAML allows one behind the last field.
  const after = comma.replace(/,[ \t]*$/, '') + text.slice(end + comma.length);
  const line = lineStart(text, start);
  const [lineEnd] = /^[ \t]*\r?\n/.exec(after) ?? [''];
  const isAlone = lineEnd !== '' && text.slice(line, start).trim() === '';
  return isAlone ? text.slice(0, line) + after.slice(lineEnd.length) : text.slice(0, start) + after;
}

/** Whole lines, where another line begins. */
export function insertLines(text: string, offset: number, lines: readonly string[]): string {
  const end = breakOf(text);
  const missing = offset > 0 && text[offset - 1] !== '\n' ? end : '';
  return inserted(text, offset, missing + lines.map((line) => line + end).join(''));
}

/** The lines of an item of a list in block style: with the comments right above its dash, to its own last line. */
export function linesOfItem(text: string, list: YAMLSeq, index: number): Span {
  const dashes = ((list.srcToken as CST.BlockSequence | undefined)?.items ?? []).flatMap(({ start }) =>
    start.filter(({ type }) => type === 'seq-item-ind'),
  );
  const item = list.items[index];
  const dash = dashes[index];
  if (!isNode(item) || !dash) throw notWrittenSo();
  const own = lineStart(text, dash.offset);
  const indent = text.slice(own, dash.offset);
  let start = own;
  // A comment that stands deeper is of the item before.
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (!text.startsWith(`${indent}#`, above)) break;
    start = above;
  }
  return [start, endOfLine(text, endOf(item))];
}

/** How far a line is indented. */
export function indentAt(text: string, offset: number): string {
  return /^ */.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
}

export function pairOf(map: YAMLMap, field: string): Pair | undefined {
  return map.items.find((pair) => isPair(pair) && isScalar(pair.key) && pair.key.value === field);
}

/** A field with its value. */
export function spanOf(pair: Pair): Span {
  return [rangeOf(pair.key as Node)[0], endOf(pair)];
}

/** Where the last character is behind that says something: no comment, and no line break. */
function endOf(node: Node | Pair): number {
  if (isPair(node)) return endOf((node.value ?? node.key) as Node);
  const last = isCollection(node) && !node.flow ? (node.items.at(-1) as Node | Pair | undefined) : undefined;
  return last ? endOf(last) : rangeOf(node)[1];
}

/** Of a node whose value is one line or in flow style. */
export function rangeOf(node: Node | undefined): Span {
  if (!node?.range) throw notWrittenSo();
  return [node.range[0], node.range[1]];
}

export function replaced(text: string, [start, end]: Span, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

function inserted(text: string, offset: number, what: string): string {
  return replaced(text, [offset, offset], what);
}

/** As the file ends its lines. */
function breakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the next line begins. */
function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}

function notWrittenSo(): Refusal {
  return new Refusal(409, 'This rule is written in a form that cannot be edited here.');
}
