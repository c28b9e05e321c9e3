/** `coloring trace`: follows requests through the logs of all proxies, and names who loses the colour. */
import { Command } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { gatewayUrl } from '../../cluster/gateway-door.ts';
import { ObjectReader } from '../../cluster/objects.ts';
import { Shell } from '../../cluster/shell.ts';
import { gatewayPortOption, usualGatewayPort } from '../../lanes/gateway-port.ts';
import { type Lanes, readLanes } from '../../lanes/lanes.ts';
import { lanesOption, rulesOption } from '../../lanes/options.ts';
import { readRules } from '../../lanes/rules.ts';
import { askTraced, startTraced } from '../../local/traced-lanes.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { notesOn, settingsText, tellingColorsOf } from '../../trace/live/advice.ts';
import { askLive } from '../../trace/live/ask.ts';
import { lookAt } from '../../trace/live/mesh-view.ts';
import { watchLive } from '../../trace/live/watch.ts';
import { printTraces, requestAsData, summaryAsData } from '../../trace/print.ts';
import { isColorLoss, TraceSummary } from '../../trace/summary.ts';
import { watchTable } from '../../trace/watch-table.ts';

interface TraceOptions {
  color?: string[];
  path: string;
  lanes: string;
  rules?: string;
  port?: number;
  host?: string;
  context?: string;
  url?: string;
  namespace?: string[];
  header?: string;
  logSettings?: true;
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
    .option('--host <host>', 'Host of the requests')
    .option('--context <context>', "on a running cluster, by kubectl's name for it; reads, changes nothing")
    .option('--url <url>', 'with --context: where the gateway answers; known by itself for a cluster of kind')
    .option(
      '-n, --namespace <namespaces...>',
      'with --context: whose sidecars are read, besides the gateways; default: that of the lanes file',
    )
    .option(
      '--header <header>',
      'with --context: the header that carries the colour; default: that of the lanes file',
    )
    .option('--log-settings', 'print what to write into MeshConfig for an access log with the colour')
    .option(
      '--watch',
      'send nothing: judge the requests that others send, in a table that updates, until Ctrl-C',
    )
    .addOption(lanesOption())
    .addOption(rulesOption())
    .addOption(
      gatewayPortOption(
        '-p, --port <port>',
        `port of the gateway; default: any free one, with --watch ${usualGatewayPort}`,
      ),
    )
    .option('--json', 'the same as data')
    .addHelpText(
      'after',
      `
Exit code: 0 no service loses the colour, 1 one does, 2 nothing could be judged. A new request id is named, and is no loss.

Examples:
  npx coloring trace                              lanes.yaml on this computer
  npx coloring trace --color release-v1 --json
  npx coloring trace --context kind-coloring      a cluster
  npx coloring trace --context prod --namespace shop --watch`,
    )
    .action(trace);
}

async function trace(options: TraceOptions): Promise<void> {
  const summary = new TraceSummary();
  if (options.logSettings) {
    console.log(settingsText((await readLanes(options.lanes)).header));
    return;
  }
  if (options.context !== undefined) await onCluster({ ...options, context: options.context }, summary);
  else if (options.watch) await watchHere(options, summary);
  else await traceHere(options, summary);
  const lost = summary.findings().some(({ what }) => isColorLoss(what));
  // What can be judged in the end is what there was to see.
  process.exitCode = lost ? 1 : summary.judged > 0 ? 0 : 2;
}

async function onCluster(options: TraceOptions & { context: string }, summary: TraceSummary): Promise<void> {
  const lanes = await readLanes(options.lanes);
  const { namespace: namespaces = [lanes.namespace], header = lanes.header, json = false } = options;
  const signal = stoppable();
  const shell = new Shell({ dryRun: false, say: () => {}, signal });
  const cluster = new Cluster(options.context, shell);
  const objects = new ObjectReader(cluster);
  const where = { cluster, objects, namespaces, header: header.toLowerCase() };
  if (options.watch) {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const { done, notes } = watchLive(where, summary, until);
    // Where the cluster cannot be read, the table ends too.
    const table = watchTable(summary, { header, json, notes, signal: until });
    await done.finally(() => over.abort());
    await table;
    return;
  }
  const view = await lookAt(where);
  const colors = options.color?.map(colorMeant) ?? tellingColorsOf(view);
  const url = options.url ?? (await urlOfKind(cluster, shell, lanes));
  const { path, host } = options;
  const { answers, logs } = await askLive(view, { url, path, ...(host && { host }), colors, signal });
  const asked = answers.flatMap(({ color, request }) => (request ? [{ color, request }] : []));
  for (const { request } of asked) summary.add(request);
  const notes = [...view.notes, ...logs.notes, ...notesOn(view, answers, logs)];
  if (json) {
    const requests = asked.map(({ color, request }) => ({ color, ...requestAsData(request) }));
    console.log(JSON.stringify({ requests, verdict: summaryAsData(summary), notes }, undefined, 2));
    return;
  }
  if (asked.length > 0) console.log(printTraces(asked, summary, header));
  for (const note of notes) say(`! ${note}`);
}

/** kind knows where the gateway of its cluster is to be found. */
async function urlOfKind(cluster: Cluster, shell: Shell, lanes: Lanes): Promise<string> {
  const found = await gatewayUrl(cluster, shell, lanes);
  if ('url' in found) return found.url;
  throw new Failure(`Say where the gateway of these lanes answers: ${found.wayOut}`, 2);
}

/** Starts the lanes, asks in each colour, ends. */
async function traceHere(options: TraceOptions, summary: TraceSummary): Promise<void> {
  const { lanes, rules, folder } = await rulesOf(options);
  const local = await startTraced({ lanes, rules: folder ?? rules, port: options.port ?? 0, say });
  const signal = stoppable();
  signal.addEventListener('abort', () => local.kill());
  try {
    const asked = await askTraced(local, options.path, options.color?.map(colorMeant));
    if (asked.length === 0) throw new Failure('The gateway answered no request.', 2);
    for (const { request } of asked) summary.add(request);
    if (options.json) {
      const requests = asked.map(({ color, request }) => ({ color, ...requestAsData(request) }));
      console.log(JSON.stringify({ requests, verdict: summaryAsData(summary) }, undefined, 2));
    } else console.log(printTraces(asked, summary, lanes.header));
  } finally {
    await local.stop();
  }
}

/** Starts the lanes, and judges what comes to the gateway until Ctrl-C. */
async function watchHere(options: TraceOptions, summary: TraceSummary): Promise<void> {
  const { lanes, rules, folder } = await rulesOf(options);
  const signal = stoppable();
  const local = await startTraced(
    { lanes, rules: folder ?? rules, port: options.port ?? usualGatewayPort, say },
    (request, before) => summary.add(request, before),
  );
  try {
    say(`send requests to ${local.mesh.gateway.url}; Ctrl-C ends`);
    await watchTable(summary, { header: lanes.header, json: options.json ?? false, signal });
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
