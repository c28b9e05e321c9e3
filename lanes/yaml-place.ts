/** Where a field of a YAML document stands, and how an error names it: `lanes.yaml:7: services.service-b.port: …`. */
import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';
import type { Place } from '../mesh/rules/model.ts';

/** An error's line for people: place, field, what is wrong there. */
export function problem(place: Place, path: readonly PropertyKey[], message: string): string {
  const field = path.reduce<string>(
    (before, key) =>
      typeof key === 'number' ? `${before}[${key}]` : before ? `${before}.${String(key)}` : String(key),
    '',
  );
  return `${place.file}:${place.line}: ${field ? `${field}: ` : ''}${message}`;
}

/** The line of the innermost thing on the path that is in the file; of its key, where it has one. */
export function placeOf(
  document: Document,
  lines: LineCounter,
  file: string,
  path: readonly PropertyKey[],
): Place {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return { file, line: lines.linePos(offset).line };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
