/** Changes of one field of a YAML mapping, in its text. */
import { isPair, isScalar, type Node, type Pair, type YAMLMap } from 'yaml';
import { Refusal } from '../source.ts';

/** Writes `field: value` in the place of the field that is there, or behind the last one. */
export function setField(text: string, map: YAMLMap, field: string, value: string): string {
  const pair = pairOf(map, field);
  if (pair) {
    const [start] = rangeOf(pair.key as Node);
    return `${text.slice(0, start)}${field}: ${value}${text.slice(endOfValue(text, pair))}`;
  }
  const last = map.items.at(-1);
  if (map.flow || !last) {
    // Before the brace that ends it.
    const brace = text.lastIndexOf('}', rangeOf(map)[1] - 1);
    const before = text.slice(0, brace).trimEnd();
    return `${before}${last ? ',' : ''} ${field}: ${value} ${text.slice(brace)}`;
  }
  const [start] = rangeOf(map);
  const indent = ' '.repeat(start - lineStart(text, start));
  const at = endOfLine(text, endOfValue(text, last));
  const before = text.slice(0, at);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${indent}${field}: ${value}\n${text.slice(at)}`;
}

/** Takes a field out; nothing where there is none. */
export function deleteField(text: string, map: YAMLMap, field: string): string {
  const pair = pairOf(map, field);
  if (!pair) return text;
  const index = map.items.indexOf(pair);
  const [start] = rangeOf(pair.key as Node);
  const next = map.items[index + 1];
  // The first field stands behind the dash of its list: the next one takes its place.
  if (next && (map.flow || index === 0))
    return text.slice(0, start) + text.slice(rangeOf(next.key as Node)[0]);
  if (map.flow)
    return text.slice(0, start).replace(/,\s*$/, ' ') + text.slice(endOfValue(text, pair)).trimStart();
  return text.slice(0, lineStart(text, start)) + text.slice(endOfLine(text, endOfValue(text, pair)));
}

function pairOf(map: YAMLMap, field: string): Pair | undefined {
  return map.items.find((pair) => isPair(pair) && isScalar(pair.key) && pair.key.value === field);
}

/** Where the last character of a pair's value is behind; a block ends with its last line. */
function endOfValue(text: string, { key, value }: Pair): number {
  const end = value ? rangeOf(value as Node)[1] : rangeOf(key as Node)[1] + 1;
  return text[end - 1] === '\n' ? end - 1 : end;
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the next line begins. */
export function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}

export function rangeOf(node: Node | undefined): readonly [start: number, end: number] {
  if (!node?.range) throw new Refusal(409, 'This rule is written in a form that cannot be edited here.');
  return [node.range[0], node.range[1]];
}
