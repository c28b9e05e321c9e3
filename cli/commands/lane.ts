/** `npx coloring lane add|remove|list`: lanes come and go on a cluster, without a failed request. */
import { Command, Option } from 'commander';
import { Cluster } from '../../cluster/cluster.ts';
import { renderLaneStates } from '../../cluster/lane-list.ts';
import { readLaneStates } from '../../cluster/lane-state.ts';
import { addLane, removeLane } from '../../cluster/lane-steps.ts';
import { parseImage, parsePods, parseSeconds } from '../../cluster/option-values.ts';
import { nameProblem } from '../../cluster/release-names.ts';
import { Shell } from '../../cluster/shell.ts';
import { runSteps } from '../../cluster/steps.ts';
import { type LaneService, readLanes } from '../../lanes/lanes.ts';
import { lanesOption } from '../../lanes/options.ts';
import { Failure } from '../../runtime/failure.ts';
import { stoppable } from '../../runtime/stoppable.ts';

interface LaneOptions {
  context: string;
  lanes: string;
  dryRun?: true;
  timeout: number;
}

interface AddOptions extends LaneOptions {
  image?: string;
  replicas: number;
  env: Record<string, string>;
}

export function command(): Command {
  return new Command('lane')
    .summary('add, remove and list lanes on a cluster, without a failed request')
    .addCommand(
      common(new Command('add'))
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
      common(new Command('remove'))
        .summary("take a version's route away, then the version")
        .argument('<service>')
        .argument('<version>')
        .action(remove),
    )
    .addCommand(
      new Command('list')
        .summary('the versions in the cluster, whether they are routed, and what is wrong')
        .addOption(contextOption())
        .addOption(lanesOption())
        .action(list),
    );
}

function contextOption(): Option {
  return new Option('--context <context>', "kubectl's name for the cluster").default('kind-coloring');
}

function common(command: Command): Command {
  return command
    .addOption(contextOption())
    .addOption(lanesOption())
    .option('--dry-run', 'print the commands, run none')
    .option('--timeout <seconds>', 'how long a step may wait', parseSeconds, 120);
}

function collectEnv(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Failure(`--env ${text}: expected NAME=value`, 2);
  return { ...before, [name]: value };
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
    `\n  ${service} ${version} serves its colour (${seconds} s): curl -H 'project-version: ${version}' …\n`,
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
    const states = await readLaneStates(new Cluster(context, shell), namespace);
    if (!states) {
      throw new Failure(
        `No answer from ${context} about namespace ${namespace}. Is the cluster up (npx coloring kind status), is Istio in it?`,
      );
    }
    console.log(renderLaneStates(lanes, states));
  }
}

async function targetOf(name: string, version: string, options: LaneOptions) {
  const lanes = await readLanes(options.lanes);
  const service = lanes.services.find((candidate): candidate is LaneService => candidate.name === name);
  if (!service) {
    const known = lanes.services.map((candidate) => candidate.name).join(', ');
    throw new Failure(`${options.lanes} has no service ${name} (has: ${known}).`, 2);
  }
  const problem = nameProblem(name, version);
  if (problem) throw new Failure(problem, 2);
  return { context: options.context, lanes, service, version, timeoutSeconds: options.timeout };
}

function stepsOptions(options: LaneOptions, again: string) {
  return {
    dryRun: options.dryRun ?? false,
    signal: stoppable(),
    wayOut: `What is done stays, and no request fails by it. To go on: ${again} again. To look: npx coloring lane list.`,
  };
}
