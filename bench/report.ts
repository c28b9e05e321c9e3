/** The results for people: tables, and under them what was reached of each goal. */
import Table from 'cli-table3';
import type { CarryCost } from './carry-cost.ts';
import type { ColdStart } from './cold-start.ts';
import { bareMap, type FirstPicture } from './first-picture.ts';
import type { MemorySample } from './memory.ts';
import type { Estimate } from './paired.ts';
import { goals } from './setups.ts';
import type { StartedLanes } from './start-lanes.ts';
import type { Throughput } from './throughput.ts';

export interface Results {
  throughput?: readonly Throughput[];
  carry?: CarryCost;
  coldStart?: readonly ColdStart[];
  decisions?: readonly Decisions[];
  memory?: readonly MemorySample[];
  logs?: LogLines;
  starts?: readonly StartedLanes[];
  /** Undefined where there is no browser. */
  firstPicture?: readonly FirstPicture[] | undefined;
}

/** What `coloring trace --watch` can keep up with, with one core. */
interface LogLines {
  linesPerSecond: number;
  goal: number;
}

export interface Decisions {
  versions: number;
  perSecond: number;
  /** The same where the colour is a member of baggage. */
  byBaggagePerSecond: number;
  /** Milliseconds to compile the rules. */
  buildMs: number;
  /** Milliseconds to take in that an endpoint came or went. */
  endpointsMs: number;
}

export function printResults(results: Results): string {
  const { throughput, carry, coldStart, decisions, memory, logs, starts, firstPicture } = results;
  const parts: string[] = [];
  if (throughput)
    parts.push(throughputTable(throughput), ...goals.flatMap((goal) => ratio(goal, throughput)));
  if (carry) parts.push(carryCost(carry));
  if (coldStart) parts.push(coldStartTable(coldStart));
  if (decisions) parts.push(decisionsTable(decisions));
  if (memory) parts.push(memoryTable(memory));
  if (logs) parts.push(logLines(logs));
  if (starts) parts.push(startsTable(starts));
  if (firstPicture) parts.push(firstPictureTable(firstPicture), ...waits(firstPicture));
  else if ('firstPicture' in results) parts.push('the first picture: there is no chromium to draw it');
  return parts.join('\n');
}

function throughputTable(rows: readonly Throughput[]): string {
  return table(
    ['client -> service-a -> service-b', 'requests/s', 'p50 ms', 'p99 ms', 'MB', 'failed'],
    rows.map((row) => [
      row.setup,
      round(row.requestsPerSecond),
      row.p50,
      row.p99,
      round(row.memory),
      row.failed,
    ]),
  );
}

function ratio({ of, against, atLeast }: (typeof goals)[number], rows: readonly Throughput[]): string[] {
  const [one, other] = [of, against].map(
    (name) => rows.find(({ setup }) => setup === name)?.requestsPerSecond,
  );
  if (one === undefined || other === undefined) return [];
  const reached = one / other;
  return [
    `${of}: ${reached.toFixed(2)} of ${against} (goal: ${atLeast}${reached < atLeast ? ', missed' : ''})`,
  ];
}

/** What carry/ may cost, as a share of the requests per second without it. */
const carryGoal = 0.03;

function carryCost({ pairs, requestsPerSecond, processorTime, failed }: CarryCost): string {
  const verdict =
    requestsPerSecond.median >= carryGoal
      ? ', missed'
      : requestsPerSecond.high >= carryGoal
        ? ', not sure'
        : '';
  const goal = `goal: under ${percent(carryGoal)} %${verdict}`;
  return [
    `carry/ costs ${withInterval(requestsPerSecond)} of the requests/s of koa + axios (${goal})`,
    `and ${withInterval(processorTime)} more processor time; median of ${pairs} pairs, ${failed} requests failed`,
  ].join('\n');
}

function withInterval({ median, low, high }: Estimate): string {
  return `${percent(median)} % (95 %: ${percent(low)} to ${percent(high)} %)`;
}

function percent(share: number): string {
  return Number((share * 100).toFixed(1)).toString();
}

function coldStartTable(rows: readonly ColdStart[]): string {
  return table(
    ['start to first answer', 'ms', 'MB'],
    rows.map(({ what, ms, memory }) => [what, round(ms), round(memory)]),
  );
}

function decisionsTable(rows: readonly Decisions[]): string {
  return table(
    [
      'versions of a service',
      'route decisions/s',
      'by baggage',
      'ms to compile the rules',
      'ms to take in an endpoint',
    ],
    rows.map((row) => [
      round(row.versions),
      round(row.perSecond),
      round(row.byBaggagePerSecond),
      row.buildMs.toFixed(1),
      row.endpointsMs.toFixed(1),
    ]),
  );
}

function logLines({ linesPerSecond, goal }: LogLines): string {
  const missed = linesPerSecond < goal ? ', missed' : '';
  return `log lines read, joined and judged by one core: ${round(linesPerSecond)}/s (goal: ${round(goal)}${missed})`;
}

function startsTable(rows: readonly StartedLanes[]): string {
  return table(
    ['coloring start to its table', 's', 'MB in all'],
    rows.map(({ what, seconds, memory }) => [
      what,
      seconds.toFixed(1),
      memory === undefined ? '-' : round(memory),
    ]),
  );
}

function firstPictureTable(rows: readonly FirstPicture[]): string {
  return table(
    [
      'seconds after the command, with a browser beside it',
      'URL',
      'first picture',
      'table',
      'processor time',
    ],
    rows.map(({ what, address, picture, table, processor }) => [
      what,
      ...[address, picture, table].map((seconds) => seconds.toFixed(2)),
      processor === undefined ? '-' : processor.toFixed(2),
    ]),
  );
}

/** In seconds, on two cores with nothing else to do. */
const waitGoals = { picture: 1, table: 2 };

function waits(rows: readonly FirstPicture[]): string[] {
  const bare = rows.find(({ what }) => what === bareMap);
  const start = rows.find(({ what }) => what !== bareMap);
  if (!bare || !start) return [];
  const goal = (reached: number, most: number) => `goal: under ${most} s${reached < most ? '' : ', missed'}`;
  return [
    `first picture after ${start.picture.toFixed(2)} s (${goal(start.picture, waitGoals.picture)}), ` +
      `${(start.picture / bare.picture).toFixed(1)} times that of ${bareMap}`,
    `table after ${start.table.toFixed(2)} s (${goal(start.table, waitGoals.table)})`,
  ];
}

function memoryTable(rows: readonly MemorySample[]): string {
  return table(
    ['requests', 'MB local mesh', 'MB service-a', 'MB service-b', 'failed'],
    rows.map(({ requests, memory, failed }) => [round(requests), ...memory.map(round), failed]),
  );
}

function table(head: string[], rows: (string | number)[][]): string {
  const colAligns = head.map((_, column) => (column === 0 ? ('left' as const) : ('right' as const)));
  const made = new Table({ head, colAligns, style: { head: [], border: [] } });
  made.push(...rows);
  return made.toString();
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}
