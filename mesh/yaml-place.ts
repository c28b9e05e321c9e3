/** Where a field of a YAML document stands, and how an error names it: `lanes.yaml:7: services.service-b.port: …`. */
import { type Document, isNode, type LineCounter } from 'yaml';
import type { Place } from './rules/model.ts';

/** An error's line for people: place, field, what is wrong there. */
export function problem(place: Place, path: readonly PropertyKey[], message: string): string {
  const field = path.reduce<string>(
    (before, key) =>
      typeof key === 'number' ? `${before}[${key}]` : before ? `${before}.${String(key)}` : String(key),
    '',
  );
  return `${place.file}:${place.line}: ${field ? `${field}: ` : ''}${message}`;
}

/** The line of the innermost thing on the path that is in the file. */
export function placeOf(
  document: Document,
  lines: LineCounter,
  file: string,
  path: readonly PropertyKey[],
): Place {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return { file, line: lines.linePos(node.range[0]).line };
  }
  return { file, line: 1 };
}
