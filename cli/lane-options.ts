/** What the commands for a lane on a cluster are told: where, which, and how long. */
import { type Command, Option } from 'commander';
import type { LaneTarget } from '../cluster/lane-steps.ts';
import { parseSeconds } from '../cluster/option-values.ts';
import { nameProblem } from '../cluster/release-names.ts';
import { type LaneService, readLanes } from '../lanes/lanes.ts';
import { lanesOption } from '../lanes/options.ts';
import { Failure } from '../runtime/failure.ts';

export interface LaneOptions {
  context: string;
  lanes: string;
  dryRun?: true;
  timeout: number;
}

export function contextOption(): Option {
  return new Option('--context <context>', "kubectl's name for the cluster").default('kind-coloring');
}

export function laneOptions(command: Command): Command {
  return command
    .addOption(contextOption())
    .addOption(lanesOption())
    .option('--dry-run', 'print the commands, run none')
    .option('--timeout <seconds>', 'how long a step may wait', parseSeconds, 120);
}

/** `--env NAME=value`, again and again. */
export function collectEnv(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Failure(`--env ${text}: expected NAME=value`, 2);
  return { ...before, [name]: value };
}

/** @throws Failure where there is no such service, or the version cannot have this name */
export async function targetOf(name: string, version: string, options: LaneOptions): Promise<LaneTarget> {
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
