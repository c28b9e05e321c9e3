/** `npm start`: the lanes on this computer, a table of where each colour goes, and a gateway to try. */
import { Command } from 'commander';
import { portOption } from '../../lanes/gateway-port.ts';
import { renderLanes, traceLanes } from '../../lanes/lane-table.ts';
import { type Lanes, laneNames, readLanes } from '../../lanes/lanes.ts';
import { lanesOption, rulesOption } from '../../lanes/options.ts';
import { type ReadRules, readRules } from '../../lanes/rules.ts';
import { AccessLogs, type LogForm, logOption } from '../../local/access-logs.ts';
import { wayOutEnvironment } from '../../local/launch.ts';
import { type LocalLanes, type OpenedLanes, openLocalLanes, replicaName } from '../../local/local-lanes.ts';
import { Report } from '../../local/report.ts';
import { LocalFeed } from '../../map/local/feed.ts';
import { Failure } from '../../runtime/failure.ts';
import { watchFiles } from '../../runtime/file-watch.ts';
import { prepareInBackground } from '../../runtime/prepared.ts';
import { isPackage, projectPath, typed } from '../../runtime/project.ts';
import { onStopSignal } from '../../runtime/stop-signal.ts';
import { mapPortOption } from '../map-port.ts';

interface StartOptions {
  once?: true;
  lanes: string;
  rules?: string;
  port: number;
  path: string;
  host?: string;
  log?: LogForm;
  registryOnly?: true;
  map: boolean;
  mapPort: number;
}

const examples = [
  ['--once', 'check the rules and end'],
  ['--rules mine --lanes mine.yaml', 'other services, other rules'],
  ['--port 0 --log', 'a free port; see every request'],
] as const;

export function command(): Command {
  return new Command('start')
    .summary('run the lanes on this computer and show where each colour goes')
    .description(
      'Runs every version in lanes.yaml as a process with its sidecar, and the gateway in front; all obey the Istio rules in istio/. Sends a request in each colour, prints who answered at every hop, then stays up.',
    )
    .option('--once', 'end after the table; the exit code is 0 when every row obeys the law, 1 otherwise')
    .addOption(rulesOption())
    .addOption(lanesOption())
    .addOption(portOption('port of the gateway'))
    .addOption(mapPortOption('port of the traffic map; where it is in use, any free one is taken'))
    .option('--no-map', 'without the traffic map')
    .option('--path <path>', "path of the table's requests", '/')
    .option('--host <host>', "Host of the table's requests")
    .addOption(logOption())
    .option('--registry-only', 'sidecars refuse hosts that no rule and no service names (502)')
    .addHelpText(
      'after',
      `
Examples${isPackage ? '' : ' (npm hands on what follows the --)'}:
${examples.map(([args, what]) => `  ${typed('start', args).padEnd(46)}  ${what}`).join('\n')}`,
    )
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const lanes = await readLanes(options.lanes);
  const read = await readRules(options.rules, lanes);
  const { remarks, folder } = read;
  const report = new Report(lanes);
  for (const remark of remarks) report.remark(remark);
  const feed = new LocalFeed();
  const local = await openOrExplain(lanes, read, options, { report, feed });
  onStopSignal({
    stop: async () => {
      report.say('stopping');
      await local.stop();
      process.exit(0);
    },
    stopNow: () => {
      local.kill();
      process.exit(130);
    },
  });
  const map = options.map && !options.once ? await openMap(local, folder, options, feed) : undefined;
  if (map) {
    report.say(`  the map       ${map.url}\n`);
    await map.headStart();
  }
  local.start();
  await local.settled;
  const rows = await traceLanes(lanes, (question) => local.ask(question, options.path), options.host);
  report.say(`\n${renderLanes(lanes, rows)}\n`);
  for (const silent of local.silent()) report.silent(silent);
  report.losses(local.traced());
  if (options.once) {
    await local.stop();
    process.exit(rows.some((row) => row.offence) ? 1 : 0);
  }
  report.say(invitation(options, { lanes, rules: folder, local, map: map?.url }));
  report.running();
  prepareInBackground();
  await watchFiles(
    async () => [lanes.file],
    () => void readLanes(lanes.file).then(() => report.lanesChanged(), report.lanesWrong),
  );
}

/** There before the versions start: who looks at it sees them come up, and then the requests of the table. */
async function openMap(
  local: LocalLanes,
  rules: string | undefined,
  { mapPort, path, host }: StartOptions,
  feed: LocalFeed,
) {
  const { openLocalMap } = await import('../../map/local/open.ts');
  const probe = { path, ...(host && { host }) };
  try {
    return await openLocalMap({ local, feed, ...(rules && { rules }), probe }, mapPort);
  } catch (error) {
    await local.stop(0);
    throw error;
  }
}

async function openOrExplain(
  lanes: Lanes,
  { folder, rules, sources }: ReadRules,
  options: StartOptions,
  { report, feed }: { report: Report; feed: LocalFeed },
): Promise<OpenedLanes> {
  const logs = new AccessLogs(report.say, options.log);
  try {
    return await openLocalLanes({
      lanes,
      rules: folder ?? rules,
      ...(sources && { loaded: { rules, sources } }),
      defaultNamespace: lanes.namespace,
      gateway: { port: options.port },
      watch: !options.once,
      outboundTrafficPolicy: options.registryOnly ? 'REGISTRY_ONLY' : 'ALLOW_ANY',
      onChange: (replica, change) => {
        report.change(replica, change);
        feed.onChange(replica, change);
      },
      onOutput: (replica, line) => report.say(`  ${replicaName(replica)} | ${line}`),
      onReload: (result) => {
        report.reload(result, String(folder));
        feed.onReload(result);
      },
      onAccessLog: (entry) => {
        logs.write(entry);
        feed.onAccessLog(entry);
      },
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new Failure(
        `Port ${options.port} is in use, so the gateway cannot listen there. Stop what uses it, or take another: ` +
          `${typed('start', '--port 8081')} (0: any free one; or the environment variable GATEWAY_PORT).`,
      );
    }
    throw error;
  }
}

function invitation(
  options: StartOptions,
  running: { lanes: Lanes; rules: string | undefined; local: LocalLanes; map: string | undefined },
): string {
  const { lanes, rules, map } = running;
  const { mesh, replicas } = running.local;
  const url = mesh.gateway.url.replace('127.0.0.1', 'localhost');
  const color = laneNames(lanes).at(-1) ?? lanes.services[0]?.baseline;
  const host = options.host ? ` -H 'host: ${options.host}'` : '';
  const path = options.path === '/' ? '' : options.path;
  return [
    `  the gateway   ${url}`,
    ...(map ? [`  the map       ${map}`] : []),
    `  try           curl -H '${lanes.header}: ${color}'${host} ${url}${path}`,
    ...toEdit(options.lanes, rules),
    ...ownEnvironments(lanes, replicas),
    '  to stop       Ctrl-C',
    '',
  ].join('\n');
}

/** Which files say what runs. Those of the package are not for editing: the next install would replace them. */
function toEdit(lanes: string, rules: string | undefined): string[] {
  if (isPackage && lanes === projectPath('lanes.yaml'))
    return [`  the lanes     those of the demo, ${lanes}; npx coloring init writes some of your own`];
  return [
    rules === undefined
      ? `  the rules     made from ${lanes}; coloring rules --out istio writes them down, to edit`
      : `  the rules     editing ${rules} takes effect at once`,
    `  the lanes     editing ${lanes} takes effect at the next ${typed('start')}`,
  ];
}

/** What a program has to know that somebody else starts. */
function ownEnvironments(lanes: Lanes, replicas: LocalLanes['replicas']): string[] {
  return replicas
    .filter(({ version }) => version.run.type === 'url')
    .flatMap((replica) => [
      `  start ${replicaName(replica)} with`,
      ...Object.entries(wayOutEnvironment(lanes, replica)).map(
        ([name, value]) => `                ${name}=${value}`,
      ),
    ]);
}
