/** Compares tables of a proxy, and panels of a dashboard, with what a step says they show. */
import type { LookStep } from './format.ts';
import type { Verdict } from './judge.ts';
import type { Panels } from './prometheus.ts';

/** A verdict for each line that has to be in a table, and for each that must not. */
export function judgeTable({ shows, lacks }: LookStep['look'], table: string): Verdict[] {
  const lines = table.split('\n').map((line) => line.trim().split(/\s+/));
  const isThere = (wanted: string) => lines.some((line) => areInOrder(wanted.split(/\s+/), line));
  return [
    ...shows.map((words) =>
      isThere(words) ? { what: words } : { what: words, problem: `not in\n${table}` },
    ),
    ...lacks.map((words) => {
      const what = `no ${words}`;
      return isThere(words) ? { what, problem: `but in\n${table}` } : { what };
    }),
  ];
}

/** A verdict for each panel: which series are above zero. */
export function judgePanels(shows: Readonly<Record<string, readonly string[]>>, panels: Panels): Verdict[] {
  return Object.entries(shows).map(([title, series]) => {
    const what = `${title}: ${series.join(', ') || 'nothing'}`;
    const found = panels.get(title)?.join(', ');
    if (found === undefined)
      return { what, problem: `no such panel (has: ${[...panels.keys()].join(', ')})` };
    return found === [...series].sort().join(', ')
      ? { what }
      : { what, problem: `was ${found || 'nothing'}` };
  });
}

/** Other words may stand between them: columns that nobody asked for. */
function areInOrder(wanted: readonly string[], line: readonly string[]): boolean {
  let from = 0;
  return wanted.every((word) => {
    const at = line.indexOf(word, from);
    from = at + 1;
    return at >= 0;
  });
}
