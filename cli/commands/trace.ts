/** `coloring trace`: follows requests through the logs of all proxies, and names who loses the colour. */
import { Command, Option } from 'commander';
import { readLanes } from '../../lanes/lanes.ts';
import { lanesOption, parsePort, rulesOption } from '../../lanes/options.ts';
import { readRules } from '../../lanes/rules.ts';
import { askTraced, startTraced } from '../../local/traced-lanes.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { printTraces, requestAsData, verdictAsData } from '../../trace/print.ts';
import { isColorLoss, Verdict } from '../../trace/verdict.ts';
import { watchTable } from '../../trace/watch-table.ts';

interface TraceOptions {
  color?: string[];
  path: string;
  lanes: string;
  rules?: string;
  port?: number;
  json?: true;
  watch?: true;
}

export function command(): Command {
  return new Command('trace')
    .summary('follow requests hop by hop, and name the service that loses the colour')
    .description(
      'Sends a request in each colour and follows it through the access logs of all proxies: who called whom, which colour came in and went out, by which route. Names each service that drops or changes the colour, or begins a new request id, with one request as evidence.',
    )
    .option('--color <colour...>', 'send these; default: one of each lane, and one that no lane has')
    .option('--path <path>', 'path of the requests', '/')
    .option(
      '--watch',
      'send nothing: judge the requests that others send, in a table that updates, until Ctrl-C',
    )
    .addOption(lanesOption())
    .addOption(rulesOption())
    .addOption(
      new Option('-p, --port <port>', 'port of the gateway; default: any free one, with --watch 8080')
        .env('GATEWAY_PORT')
        .argParser(parsePort),
    )
    .option('--json', 'the same as data')
    .addHelpText(
      'after',
      `
Exit code: 0 no service loses the colour, 1 one does, 2 nothing could be judged. A new request id is named, and is no loss.

Examples:
  npx coloring trace                              lanes.yaml on this computer
  npx coloring trace --color release-v1 --json`,
    )
    .action(trace);
}

async function trace(options: TraceOptions): Promise<void> {
  const verdict = new Verdict();
  if (options.watch) await watchHere(options, verdict);
  else await traceHere(options, verdict);
  const lost = verdict.findings().some(({ what }) => isColorLoss(what));
  process.exitCode = lost ? 1 : verdict.judged > 0 ? 0 : 2;
}

/** Starts the lanes, asks in each colour, ends. */
async function traceHere(options: TraceOptions, verdict: Verdict): Promise<void> {
  const { lanes, rules, folder } = await rulesOf(options);
  const local = await startTraced({ lanes, rules: folder ?? rules, port: options.port ?? 0, say });
  const signal = stoppable();
  signal.addEventListener('abort', () => local.kill());
  try {
    const asked = await askTraced(local, options.path, options.color?.map(colorMeant));
    if (asked.length === 0) throw new Failure('The gateway answered no request.', 2);
    for (const { request } of asked) verdict.add(request);
    if (options.json) {
      const requests = asked.map(({ color, request }) => ({ color, ...requestAsData(request) }));
      console.log(JSON.stringify({ requests, verdict: verdictAsData(verdict) }, undefined, 2));
    } else console.log(printTraces(asked, verdict, lanes.header));
  } finally {
    await local.stop();
  }
}

/** Starts the lanes, and judges what comes to the gateway until Ctrl-C. */
async function watchHere(options: TraceOptions, verdict: Verdict): Promise<void> {
  const { lanes, rules, folder } = await rulesOf(options);
  const signal = stoppable();
  const local = await startTraced(
    { lanes, rules: folder ?? rules, port: options.port ?? 8080, say },
    (request, before) => verdict.add(request, before),
  );
  try {
    say(`send requests to ${local.mesh.gateway.url}; Ctrl-C ends`);
    await watchTable(verdict, { header: lanes.header, json: options.json ?? false, signal });
  } finally {
    await local.stop();
  }
}

async function rulesOf(options: TraceOptions) {
  const lanes = await readLanes(options.lanes);
  return { lanes, ...(await readRules(options.rules, lanes)) };
}

/** `-` on the command line is a request without the header. */
function colorMeant(color: string): string | undefined {
  return color === '-' ? undefined : color;
}

/** Beside the result, which may be data. */
function say(line: string): void {
  console.error(line);
}
