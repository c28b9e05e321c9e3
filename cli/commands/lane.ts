/** `npx coloring lane add|remove|local|list`: lanes come and go on a cluster, without a failed request. */
import { Command } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { renderLaneStates } from '../../cluster/lane-list.ts';
import { readLaneStates } from '../../cluster/lane-state.ts';
import { addLane, removeLane } from '../../cluster/lane-steps.ts';
import { takeAwayLeftovers } from '../../cluster/local-lane/leftovers.ts';
import { whyNoAnswer } from '../../cluster/no-answer.ts';
import { parseImage, parsePods } from '../../cluster/option-values.ts';
import { Shell } from '../../cluster/shell.ts';
import { runSteps } from '../../cluster/steps.ts';
import { readLanes } from '../../lanes/lanes.ts';
import { lanesOption } from '../../lanes/options.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { collectEnv, contextOption, type LaneOptions, laneOptions, targetOf } from '../lane-options.ts';
import { localCommand } from './lane-local.ts';

interface AddOptions extends LaneOptions {
  image?: string;
  replicas: number;
  env: Record<string, string>;
}

export function command(): Command {
  return new Command('lane')
    .summary('add, remove and list lanes on a cluster, without a failed request; your own computer as a lane')
    .addCommand(
      laneOptions(new Command('add'))
        .summary('deploy a version of a service, then route its colour to it')
        .argument('<service>')
        .argument('<version>')
        .option(
          '--image <image>',
          'repository:tag or repository@digest; default: the image of the baseline',
          parseImage,
        )
        .option('--replicas <number>', 'how many pods', parsePods, 1)
        .option('--env <name=value>', 'environment of the process; may be given again', collectEnv, {})
        .action(add),
    )
    .addCommand(
      laneOptions(new Command('remove'))
        .summary("take a version's route away, then the version")
        .argument('<service>')
        .argument('<version>')
        .action(remove),
    )
    .addCommand(localCommand())
    .addCommand(
      new Command('list')
        .summary(
          'the versions in the cluster, whether they are routed, and what is wrong; takes away what a killed lane local left',
        )
        .addOption(contextOption())
        .addOption(lanesOption())
        .action(list),
    );
}

async function add(service: string, version: string, options: AddOptions): Promise<void> {
  const { image, replicas, env } = options;
  const target = await targetOf(service, version, options);
  const began = performance.now();
  await runSteps(
    [addLane(target, { image, replicas, env, labels: {} })],
    stepsOptions(options, `npx coloring lane add ${service} ${version}`),
  );
  if (options.dryRun) return;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `\n  ${service} ${version} serves its colour (${seconds} s): curl -H '${target.lanes.header}: ${version}' …\n`,
  );
}

async function remove(service: string, version: string, options: LaneOptions): Promise<void> {
  const target = await targetOf(service, version, options);
  await runSteps(
    [removeLane(target)],
    stepsOptions(options, `npx coloring lane remove ${service} ${version}`),
  );
}

async function list({ context, lanes: file }: { context: string; lanes: string }): Promise<void> {
  const lanes = await readLanes(file);
  const shell = new Shell({ dryRun: false, say: () => {}, signal: stoppable() });
  for (const namespace of new Set(lanes.services.map((service) => service.namespace))) {
    const cluster = new Cluster(context, shell);
    let states = await readLaneStates(cluster, namespace);
    if (!states) {
      throw new Failure(await whyNoAnswer(cluster, namespace));
    }
    const left = await takeAwayLeftovers(shell, { context, lanes, states });
    if (left.length > 0) states = (await readLaneStates(cluster, namespace)) ?? states;
    console.log([renderLaneStates(lanes, states), ...left].join('\n'));
  }
}

function stepsOptions(options: LaneOptions, again: string) {
  const at = `--context ${options.context}`;
  return {
    dryRun: options.dryRun ?? false,
    signal: stoppable(),
    wayOut: `What is done stays, and no request fails by it. To go on: ${again} ${at} again. To look: npx coloring lane list ${at}.`,
  };
}
