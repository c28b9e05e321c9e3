/** Requests and verdicts as text for a terminal. */
import Table from 'cli-table3';
import { borderless, styled } from '../lanes/paint.ts';
import { arrivedColor, colorWord, hasFailed, type LoggedHop, partyName, sentColor } from './hop.ts';
import type { TracedRequest } from './join.ts';
import { type Edge, type Finding, isColorLoss, type TraceSummary } from './summary.ts';

/** The hops as a tree: who was called, what came to him and what left the caller, by which route, in which time. */
function printTree({ hops, losses }: TracedRequest): string {
  const depths: number[] = [];
  const rows = hops.map((hop, index) => {
    const depth = hop.parent === undefined ? 0 : (depths[hop.parent] ?? 0) + 1;
    depths.push(depth);
    const lost = losses.filter((loss) => loss.hop === index);
    return {
      name: `${'  '.repeat(depth)}${partyName(hop.from)} → ${hop.to ? partyName(hop.to) : hop.path}`,
      colors: colorsOf(hop, hops[hop.parent ?? -1]),
      rule: hop.route || '-',
      time: `${Math.round(hop.durationMs)} ms`,
      status: hop.status === 200 && !hasFailed(hop) ? '' : [hop.status, ...hop.flags].join(' '),
      lost: lost.map(({ what }) => lossWords[what]).join(', '),
    };
  });
  const width = (column: 'name' | 'colors' | 'rule' | 'time') =>
    Math.max(...rows.map((row) => row[column].length));
  return rows
    .map((row) =>
      [
        `  ${row.name.padEnd(width('name'))}`,
        row.colors.padEnd(width('colors')),
        styled('dim', row.rule.padEnd(width('rule'))),
        row.time.padStart(width('time')),
        row.status && styled('red', row.status),
        row.lost && styled('red', `✗ ${row.lost}`),
      ]
        .filter(Boolean)
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const lossWords = {
  dropped: 'colour dropped',
  changed: 'colour changed',
  'request-id': 'new request id',
} as const;

/** `release-v1`; `release-v1 ⇒ -` where another one left the caller than came to him; `- ⇒ v1` where a rule set it. */
function colorsOf(hop: LoggedHop, before: LoggedHop | undefined): string {
  const words = [
    ...(before ? [colorWord(arrivedColor(before))] : []),
    colorWord(sentColor(hop)),
    colorWord(arrivedColor(hop)),
  ];
  return words.filter((word, index) => word !== words[index - 1]).join(' ⇒ ');
}

/** `api/release-v1 drops project-version: came in as release-v1, went out without (pod api-7d…, 14:02:11)` */
export function findingWords({ by, what, to, count, evidence }: Finding, header: string): string {
  const { request, loss } = evidence;
  const hop = request.hops[loss.hop];
  const came = loss.cameIn === undefined ? 'came in without' : `came in as ${loss.cameIn}`;
  const went = loss.wentOut === undefined ? 'went out without' : `went out as ${loss.wentOut}`;
  const verb = { dropped: 'drops', changed: 'changes', 'request-id': '' }[what];
  const said =
    what === 'request-id' ? 'begins a new x-request-id for each call' : `${verb} ${header}: ${came}, ${went}`;
  const where = [
    ...(by.instance ? [`pod ${by.instance}`] : []),
    ...(to ? [`to ${to.service}`] : []),
    ...(hop ? [clock(hop.startedAt)] : []),
    ...(count > 1 ? [`${count} times`] : []),
  ];
  const route = hop?.route && hop.seen?.in && 'noneOf' in hop.seen.in ? `, by route ${hop.route}` : '';
  return `${partyName(by)} ${said}${route} (${where.join(', ')})`;
}

/** `14:02:11`, of this computer. */
function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}

/** All edges as a table, those that lose most first. */
export function printEdges(edges: readonly Edge[]): string {
  const table = new Table({
    head: ['', 'from', 'to', 'requests', 'colours in', 'colours out', 'lost'],
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: ['left', 'left', 'left', 'right', 'left', 'left', 'right'],
  });
  const share = ({ lost, judged }: Edge) => (judged === 0 ? 0 : lost / judged);
  for (const edge of [...edges].sort((a, b) => share(b) - share(a) || b.requests - a.requests)) {
    const mark = edge.lost > 0 ? styled('red', '✗') : edge.judged > 0 ? styled('green', '✓') : '·';
    const lost = edge.judged === 0 ? '-' : `${Math.round(share(edge) * 100)} %`;
    table.push([mark, edge.from, edge.to, edge.requests, counts(edge.cameIn), counts(edge.wentOut), lost]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

function counts(colors: ReadonlyMap<string, number>): string {
  return [...colors]
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([color, count]) => `${color} ${count}`)
    .join(', ');
}

/** The tree of each request, what is wrong on its way, and the summary. */
export function printTraces(
  asked: readonly { color: string | undefined; request: TracedRequest }[],
  summary: TraceSummary,
  header: string,
): string {
  const trees = asked.map(
    ({ color, request }) =>
      `${styled('bold', color === undefined ? `without ${header}` : `${header}: ${color}`)}\n${printTree(request)}`,
  );
  return [...trees, printSummary(summary, header)].join('\n\n');
}

export function printSummary(summary: TraceSummary, header: string): string {
  const findings = summary.findings();
  const lines = findings.map((finding) =>
    isColorLoss(finding.what)
      ? styled('red', `✗ ${findingWords(finding, header)}`)
      : styled('yellow', `! ${findingWords(finding, header)}`),
  );
  if (findings.some(({ what }) => isColorLoss(what))) return lines.join('\n');
  const calls = summary.judged;
  const kept =
    calls === 0
      ? styled('yellow', '! no call of one service to another was seen with a colour: nothing to judge')
      : styled(
          'green',
          `✓ every service carries ${header} on (${calls} ${calls === 1 ? 'call' : 'calls'} with a colour)`,
        );
  return [...lines, kept].join('\n');
}

/** What {@link printTraces} shows, as data. */
export function summaryAsData(summary: TraceSummary) {
  return {
    requests: summary.requests,
    judged: summary.judged,
    edges: summary.edges().map((edge) => ({
      ...edge,
      cameIn: Object.fromEntries(edge.cameIn),
      wentOut: Object.fromEntries(edge.wentOut),
    })),
    findings: summary.findings().map(({ evidence, ...finding }) => ({
      ...finding,
      loss: evidence.loss,
      request: requestAsData(evidence.request),
    })),
  };
}

export function requestAsData({ id, hops, losses }: TracedRequest) {
  return { id, hops: hops.map(({ evidence: _, ...hop }) => hop), losses };
}
