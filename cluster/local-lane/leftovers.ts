/** What commands left behind that were killed: a relay without its computer, or the rest of its release. */
import type { Lanes } from '../../lanes/lanes.ts';
import { Failure } from '../../runtime/failure.ts';
import { Cluster } from '../cluster.ts';
import { uninstallLane } from '../lane-release.ts';
import type { LaneState } from '../lane-state.ts';
import { removeLane } from '../lane-steps.ts';
import { CommandFailed, type Shell } from '../shell.ts';
import { callerOnly, callerSuffix } from './caller-only.ts';
import { mayRun } from './session.ts';

const timeoutSeconds = 60;

function isLeftBehind({ local }: LaneState): boolean {
  return local !== undefined && (local.isLeft || !mayRun(local.session));
}

/**
 * Takes them away as any lane, one after the other.
 * @returns a line for each: what was taken away, or why not
 */
export async function takeAwayLeftovers(
  shell: Shell,
  { context, lanes, states }: { context: string; lanes: Lanes; states: readonly LaneState[] },
): Promise<string[]> {
  const said: string[] = [];
  for (const { service: name, version, local } of states.filter(isLeftBehind)) {
    const what = `${name} ${version}, left behind by ${local?.by}`;
    const isCaller = name.endsWith(callerSuffix) && !lanes.services.some((one) => one.name === name);
    const own = isCaller ? name.slice(0, -callerSuffix.length) : name;
    const service = lanes.services.find((one) => one.name === own);
    if (!service) {
      said.push(`not taken away: ${what}; ${lanes.file} has no service ${name}`);
      continue;
    }
    try {
      const target = { context, lanes, service, version, timeoutSeconds };
      if (isCaller) await uninstallLane(new Cluster(context, shell), callerOnly(target));
      else await removeLane(target).run(shell);
      said.push(`taken away: ${what}`);
    } catch (error) {
      if (!(error instanceof CommandFailed || error instanceof Failure)) throw error;
      said.push(`not taken away: ${what}; ${error.message}`);
    }
  }
  return said;
}
