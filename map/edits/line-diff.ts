/** The difference of two texts, line by line, as a person reads it before saying yes. */
import { structuredPatch } from 'diff';
import type { DiffLine } from '../protocol.ts';

const contextLines = 3;

/** The changed lines, each with some around it. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: contextLines });
  return hunks.flatMap(({ oldStart, newStart, lines }) => {
    let old = oldStart;
    let now = newStart;
    return lines
      .filter((line) => !line.startsWith('\\'))
      .map((line): DiffLine => {
        const text = line.slice(1);
        if (line.startsWith('-')) return { type: 'removed', line: old++, text };
        if (line.startsWith('+')) return { type: 'added', line: now++, text };
        old++;
        return { type: 'same', line: now++, text };
      });
  });
}
