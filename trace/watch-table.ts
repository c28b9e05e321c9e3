/** The summary on traffic that flows, as a table that updates in its place. */
import { clearScreenDown, moveCursor } from 'node:readline';
import { styled } from '../lanes/paint.ts';
import { printEdges, printSummary, summaryAsData } from './print.ts';
import type { TraceSummary } from './summary.ts';

export interface WatchOptions {
  header: string;
  /** Data instead: a line of JSON each time that something has changed. */
  json: boolean;
  /** What else there is to say at the moment, a line each. */
  notes?: () => readonly string[];
  signal: AbortSignal;
  out?: NodeJS.WriteStream;
}

const everyMs = 1_000;

/** Until the signal: on a terminal the table is drawn over itself, elsewhere once more at the end. */
export async function watchTable(summary: TraceSummary, options: WatchOptions): Promise<void> {
  const { header, json, notes = () => [], signal, out = process.stdout } = options;
  let lines = 0;
  let told = -1;
  const draw = () => {
    if (json) {
      if (told !== summary.requests) out.write(`${JSON.stringify(summaryAsData(summary))}\n`);
      told = summary.requests;
      return;
    }
    const text = watched(summary, header, notes());
    if (lines > 0) {
      moveCursor(out, 0, -lines);
      clearScreenDown(out);
    }
    out.write(`${text}\n`);
    lines = text.split('\n').length;
  };
  const timer = setInterval(() => (json || out.isTTY) && draw(), everyMs);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(timer);
  draw();
}

function watched(summary: TraceSummary, header: string, notes: readonly string[]): string {
  if (summary.requests === 0) return ['  no request so far', ...notes].join('\n');
  return [
    `  ${summary.requests} requests`,
    '',
    printEdges(summary.edges()),
    '',
    printSummary(summary, header),
    ...notes.map((note) => styled('dim', note)),
  ].join('\n');
}
