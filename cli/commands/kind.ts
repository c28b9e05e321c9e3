/** `npx coloring kind up|down|status`: the lanes on a real cluster on this computer. */
import { Command, Option } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { deployLanes } from '../../cluster/deploy-steps.ts';
import { installGatewayApi } from '../../cluster/gateway-api.ts';
import { checkPublishedPort, gatewayPods, gatewayUrl, publishGateway } from '../../cluster/gateway-door.ts';
import { buildImages, type Images, removeImages } from '../../cluster/images.ts';
import { installIstio, istioNamespace } from '../../cluster/istio.ts';
import {
  createKindCluster,
  deleteKindCluster,
  hasKindCluster,
  kindContext,
  loadImages,
  usualKindName,
} from '../../cluster/kind.ts';
import { renderLaneStates } from '../../cluster/lane-list.ts';
import { readLaneStates } from '../../cluster/lane-state.ts';
import { parseImage } from '../../cluster/option-values.ts';
import {
  clusterOption,
  type DeployCommandOptions,
  deployOptions,
  gatewayPortOption,
} from '../../cluster/settings.ts';
import { Shell } from '../../cluster/shell.ts';
import { checkSources, gatewayApiSource, imageSource, istioSources } from '../../cluster/source-check.ts';
import { sources } from '../../cluster/sources.ts';
import { runSteps, type Step } from '../../cluster/steps.ts';
import { checkTools, neededFor } from '../../cluster/tools.ts';
import { tryColors } from '../../cluster/try-colors.ts';
import { readLanesIn } from '../../lanes/dialect.ts';
import { readLanes } from '../../lanes/lanes.ts';
import { lanesOption } from '../../lanes/options.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface UpOptions extends DeployCommandOptions {
  name: string;
  nodeImage: string;
  gatewayPort: number;
}

export function command(): Command {
  return new Command('kind')
    .summary('the lanes on a real cluster on this computer (kind)')
    .addCommand(
      deployOptions(new Command('up'))
        .summary('make the cluster, install Istio, deploy lanes.yaml; repairs what is missing')
        .addOption(clusterOption())
        .addOption(
          new Option('--node-image <image>', "kind's node image")
            .env(sources.kubernetes.instead.variable)
            .default(sources.kubernetes.at)
            .argParser(parseImage),
        )
        .addOption(gatewayPortOption())
        .action(up),
    )
    .addCommand(
      new Command('down')
        .summary('delete the cluster and the images built for it')
        .addOption(clusterOption())
        .option('--dry-run', 'print the commands, run none')
        .action(down),
    )
    .addCommand(
      new Command('status')
        .summary('what is there, and what is wrong with it')
        .addOption(clusterOption())
        .addOption(lanesOption())
        .action(status),
    );
}

async function up(options: UpOptions): Promise<void> {
  const { name, gatewayPort } = options;
  const lanes = await readLanesIn(options.dialect, options.lanes);
  const context = kindContext(name);
  const images: Images = new Map();
  const url = `http://localhost:${gatewayPort}`;
  const named = namedAs(name);
  const table: string[] = [];
  const load: Step = {
    title: 'Images into the cluster',
    run: (shell) => loadImages(shell, name, [...images.values()]),
  };
  await runSteps(
    [
      checkTools(['docker', 'kind', 'kubectl', 'helm'], neededFor(options.nodeImage)),
      checkSources([
        imageSource(sources.kubernetes, options.nodeImage, (shell) => hasKindCluster(shell, name)),
        ...istioSources(options),
        ...gatewayApiSource(options, lanes.dialect),
        imageSource(sources.node, options.baseImage),
      ]),
      createKindCluster(options),
      checkPublishedPort(context, lanes),
      buildImages(lanes, images, options),
      load,
      ...installGatewayApi(context, options, lanes.dialect),
      installIstio(context, options, options.timeout, lanes.dialect),
      ...deployLanes({ context, lanes, images, timeoutSeconds: options.timeout }),
      ...publishGateway(context, lanes),
      ...gatewayPods(context, lanes, options.timeout),
      tryColors(
        lanes,
        () => url,
        (text) => table.push(text),
      ),
    ],
    {
      dryRun: options.dryRun ?? false,
      signal: stoppable(),
      wayOut:
        `What is done stays. To go on: npx coloring kind up${named} again, it does what is missing. ` +
        `To look: kubectl --context ${context} get pods -A. To take all away: npx coloring kind down${named}.`,
    },
  );
  if (options.dryRun) return;
  console.log(
    [
      '',
      table.at(-1),
      '',
      `  the gateway   ${url}`,
      `  the cluster   kubectl --context ${context} get pods -A`,
      `  the lanes     npx coloring lane list${named && ` --context ${context}`}`,
      `  to stop       npx coloring kind down${named}`,
      '',
    ].join('\n'),
  );
}

/** What the commands that are printed have to say of a cluster with a name of its own. */
function namedAs(name: string): string {
  return name === usualKindName ? '' : ` --name ${name}`;
}

async function down({ name, dryRun = false }: { name: string; dryRun?: true | false }): Promise<void> {
  await runSteps([checkTools(['docker', 'kind']), deleteKindCluster(name), removeImages()], {
    dryRun,
    signal: stoppable(),
    wayOut: `To try again: npx coloring kind down${namedAs(name)}.`,
  });
}

async function status(options: { name: string; lanes: string }): Promise<void> {
  const shell = new Shell({ dryRun: false, say: (line) => console.log(line), signal: stoppable() });
  if (!(await hasKindCluster(shell, options.name))) {
    throw new Failure(`There is no kind cluster ${options.name}. To make it: npx coloring kind up.`);
  }
  const cluster = new Cluster(kindContext(options.name), shell);
  const lanes = await readLanes(options.lanes);
  for (const args of [
    ['get', 'nodes'],
    ['get', 'pods', '--namespace', istioNamespace],
  ]) {
    console.log((await cluster.askKubectl(args)) ?? '  no answer');
  }
  for (const namespace of new Set(lanes.services.map((service) => service.namespace))) {
    const states = await readLaneStates(cluster, namespace);
    console.log(states ? `\n${renderLaneStates(lanes, states)}\n` : '  no answer');
  }
  const found = await gatewayUrl(cluster, shell, lanes);
  console.log(
    'url' in found
      ? `\n  the gateway   ${found.url}`
      : `\n  the gateway of these lanes is not published on this computer`,
  );
}
