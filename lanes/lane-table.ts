/** The table that shows where each colour went, hop by hop: at the end of `npm start`, and of a deployment. */
import Table from 'cli-table3';
import type { Lanes } from './lanes.ts';
import { chainFrom, entries, offence, tellingColors } from './law.ts';
import { lanePainter, styled } from './paint.ts';
import { type Answer, type Hop, type ProbeTarget, probe } from './probe.ts';

export interface LaneRow {
  /** Undefined: the request had no colour. */
  color: string | undefined;
  answer: Answer;
  /** What is against the law; undefined where nothing is. */
  offence: string | undefined;
}

/** Sends a request in each telling colour and judges the answers. */
export async function traceLanes(lanes: Lanes, target: ProbeTarget): Promise<LaneRow[]> {
  return Promise.all(
    tellingColors(lanes).map(async (color) => {
      const answer = await probe(target, color);
      return { color, answer, offence: offence(lanes, color, answer) };
    }),
  );
}

/** The rows as text, each version in its lane's ink, followed by what is against the law. */
export function renderLanes(lanes: Lanes, rows: readonly LaneRow[]): string {
  const services = [...new Set(entries(lanes).flatMap((entry) => chainFrom(lanes, entry)))].filter(
    (service) => rows.some((row) => visit(row, service.name)) || entries(lanes).length === 1,
  );
  const paint = lanePainter(lanes);
  const table = new Table({
    head: ['', 'project-version', ...services.map((service) => service.name), ''],
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) {
    table.push([
      row.offence ? styled('red', '✗') : styled('green', '✓'),
      row.color === undefined ? styled('dim', 'none') : paint(row.color),
      ...services.map((service) => {
        const hop = visit(row, service.name);
        if (!hop) return styled('dim', '·');
        return paint(hop.version) + (isFallback(row, hop) ? styled('dim', ' ↩') : '');
      }),
      row.offence ? styled('red', row.offence) : '',
    ]);
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`);
  if (rows.some((row) => row.answer.trail?.some((hop) => isFallback(row, hop)))) {
    lines.push(
      '',
      styled('dim', '  ↩ has no such version: its baseline serves the request and passes the colour on'),
    );
  }
  return lines.join('\n');
}

function visit(row: LaneRow, service: string): Hop | undefined {
  return row.answer.trail?.find((hop) => hop.service === service);
}

function isFallback(row: LaneRow, hop: Hop): boolean {
  return row.color !== undefined && hop.version !== row.color;
}

const borderless = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((edge) => [edge, '']),
);
