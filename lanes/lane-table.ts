/** The table that shows where each colour went, hop by hop: at the end of `npm start`, and of a deployment. */
import Table from 'cli-table3';
import { callOrder, entries } from './graph.ts';
import type { LaneService, Lanes } from './lanes.ts';
import { offence, tellingColors } from './law.ts';
import { borderless, lanePainter, styled } from './paint.ts';
import type { Question } from './probe.ts';
import type { Answer, Hop } from './trail.ts';

export interface LaneRow extends Question {
  answer: Answer;
  /** What is against the law; undefined where nothing is. */
  offence: string | undefined;
}

/**
 * Sends a request in each telling colour, one after the other, and judges the answers.
 * @param host of all requests; undefined: those of the entries, each in its turn
 */
export async function traceLanes(
  lanes: Lanes,
  ask: (question: Question) => Promise<Answer>,
  host?: string,
): Promise<LaneRow[]> {
  const rows: LaneRow[] = [];
  for (const asked of host === undefined ? hostsToAsk(lanes) : [host]) {
    for (const color of tellingColors(lanes)) {
      // One at a time: who served which is read from the log of the whole mesh.
      const answer = await ask({ color, host: asked });
      rows.push({ color, host: asked, answer, offence: offence(lanes, color, answer) });
    }
  }
  return rows;
}

/** A host for each entry that the file names, and for the one that has all others; undefined: any will do. */
function hostsToAsk(lanes: Lanes): (string | undefined)[] {
  const asked = entries(lanes).filter(({ namedEntry, hosts }) => namedEntry || hosts.includes('*'));
  const own = asked.map(({ hosts }) => (hosts.includes('*') ? undefined : hosts[0]));
  return own.length === 0 ? [undefined] : [...new Set(own)];
}

/** The rows as text, each version in its lane's ink, followed by what is against the law. */
export function renderLanes(lanes: Lanes, rows: readonly LaneRow[]): string {
  const services = columns(lanes, rows);
  const byHost = new Set(rows.map(({ host }) => host)).size > 1;
  const paint = lanePainter(lanes);
  const table = new Table({
    head: ['', ...(byHost ? ['host'] : []), lanes.header, ...services.map(({ name }) => name), ''],
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) {
    table.push([
      row.offence ? styled('red', '✗') : styled('green', '✓'),
      ...(byHost ? [row.host ?? styled('dim', 'any')] : []),
      row.color === undefined ? styled('dim', 'none') : paint(row.color),
      ...services.map(({ name }) => cell(row, name, paint)),
      row.offence ? styled('red', row.offence) : styled('dim', unusual(row)),
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

/** The services in the order of calls; of several entries those that were asked. */
function columns(lanes: Lanes, rows: readonly LaneRow[]): LaneService[] {
  const inOrder = entries(lanes).flatMap((entry) => callOrder(lanes, entry));
  const wasAsked = ({ name }: LaneService) => rows.some((row) => visits(row, name).length > 0);
  const shown = new Set(inOrder.filter((service) => entries(lanes).length === 1 || wasAsked(service)));
  // A program of one's own may ask whom lanes.yaml says nothing of.
  for (const service of lanes.services) if (wasAsked(service)) shown.add(service);
  return [...shown];
}

/** Who served the service in this row: one version, or several where several calls went to several. */
function cell(row: LaneRow, service: string, paint: (version: string) => string): string {
  const hops = visits(row, service);
  if (hops.length === 0) return styled('dim', '·');
  const versions = new Map(hops.map((hop) => [hop.version, hop]));
  return [...versions.values()]
    .map((hop) => paint(hop.version) + (isFallback(row, hop) ? styled('dim', ' ↩') : ''))
    .join(', ');
}

function visits(row: LaneRow, service: string): Hop[] {
  return row.answer.trail?.filter((hop) => hop.service === service) ?? [];
}

/** What a program of one's own answered, where it was not 200: shown, not judged. */
function unusual({ answer: { status, body } }: LaneRow): string {
  return status === 200 ? '' : `answers ${status}${body ? `: ${body}` : ''}`;
}

function isFallback(row: LaneRow, hop: Hop): boolean {
  return row.color !== undefined && hop.version !== row.color;
}
