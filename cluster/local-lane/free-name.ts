/** Whether a version's name may be somebody's computer: taken, free, or left behind by a command that is gone. */
import { Failure } from '../../runtime/failure.ts';
import type { Cluster } from '../cluster.ts';
import { age } from '../lane-list.ts';
import type { LaneTarget } from '../lane-steps.ts';
import { whyNoAnswer } from '../no-answer.ts';
import type { KubernetesObject } from '../objects.ts';
import { hasEnded, type Job, localLaneOf } from '../relay-job.ts';
import { versionRelease } from '../release-names.ts';
import { mayRun } from './session.ts';

/**
 * @returns whose it was, where it was left behind: to be taken away first
 * @throws Failure where somebody has it, with who, since when and the way out
 */
export async function whoLeftIt(
  cluster: Cluster,
  { service: { name, namespace }, version }: LaneTarget,
): Promise<string | undefined> {
  const release = versionRelease(name, version);
  const found = await cluster.get<{ items: KubernetesObject[] }>([
    ...['deployments,jobs,serviceaccounts', '--namespace', namespace],
    ...['--field-selector', `metadata.name=${release}`],
  ]);
  if (cluster.dryRun) return undefined;
  if (!found) throw new Failure(await whyNoAnswer(cluster, namespace));
  const of = (kind: string) => found.items.find((item) => item.kind === kind);
  if (of('Deployment')) {
    throw new Failure(
      `${name} ${version} is deployed already (Deployment ${release}): choose another name for your computer, --version NAME.`,
      2,
    );
  }
  const job = of('Job') as Job | undefined;
  const lane = job && localLaneOf(job);
  if (job && !lane) {
    throw new Failure(
      `Job ${release} in namespace ${namespace} is something else: choose another name, --version NAME.`,
      2,
    );
  }
  if (job && lane && !hasEnded(job) && mayRun(lane.session)) {
    const since = age(Date.now() - lane.since.getTime());
    throw new Failure(
      `${name} ${version} is the computer of ${lane.by}, since ${since}: choose another name, --version NAME; or take it away, npx coloring lane remove ${name} ${version}.`,
      2,
    );
  }
  const account = of('ServiceAccount');
  return lane?.by ?? (account && localLaneOf(account)?.by);
}
