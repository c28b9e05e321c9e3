/** The relay in the cluster: its Job, and the pod that is to be spoken to. */
import type { Cluster } from '../cluster.ts';
import type { KubernetesObject } from '../objects.ts';
import type { Pod } from '../pods.ts';
import { hasEnded, type Job, localLaneOf } from '../relay-job.ts';

/** Its release is not there any more: somebody took it away. */
export class RelayTaken extends Error {
  override readonly name = 'RelayTaken';
}

/** It ended by itself, without its computer; the rest of its release is there. */
export class RelayEnded extends Error {
  override readonly name = 'RelayEnded';
}

export interface RelayName {
  namespace: string;
  /** Of the Helm release, and so of the Job. */
  release: string;
  /** Of the command that made it. */
  session: string;
}

interface Relay {
  /** Undefined: it has ended. */
  job: Job | undefined;
  pods: Pod[];
}

/** @throws Error where the cluster does not answer */
async function readRelay(cluster: Cluster, relay: RelayName): Promise<Relay | undefined> {
  const { namespace, release, session } = relay;
  const found = await cluster.get<{ items: (KubernetesObject | Job | Pod)[] }>(
    [
      ...['serviceaccounts,jobs,pods', '--namespace', namespace],
      ...['--selector', `app.kubernetes.io/instance=${release}`],
    ],
    { show: false },
  );
  if (!found) throw new Error(`${cluster.context} does not answer`);
  const own = found.items.filter((item) => localLaneOf(item)?.session === session);
  if (!own.some(({ kind }) => kind === 'ServiceAccount')) return undefined;
  const job = own.find((item): item is Job => item.kind === 'Job');
  const pods = own.filter((item): item is Pod => item.kind === 'Pod');
  return { job: job && !hasEnded(job) ? job : undefined, pods };
}

/** Whether the release in the cluster is of this session, and not of somebody who has the name by now. */
export async function isOwnRelay(cluster: Cluster, relay: RelayName): Promise<boolean> {
  return (await readRelay(cluster, relay)) !== undefined;
}

/**
 * The name of the newest pod of the relay that runs.
 * @throws RelayEnded
 * @throws RelayTaken
 * @throws Error where there is none now
 */
export async function relayPod(cluster: Cluster, name: RelayName): Promise<string> {
  const relay = await readRelay(cluster, name);
  if (!relay) throw new RelayTaken(`${name.release} has been taken away`);
  if (!relay.job) throw new RelayEnded(`the relay of ${name.release} has ended`);
  const [newest] = relay.pods
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase === 'Running')
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
  if (!newest) throw new Error(`no pod of ${name.release} runs`);
  return newest.metadata.name;
}
