/** Why pods are not ready, as far as the cluster says: their state, their events, their last words. */
import type { Cluster } from './cluster.ts';
import { lastLines, type Shell } from './shell.ts';

interface PodList {
  items: {
    metadata: { name: string };
    status: { conditions?: { type: string; status: string }[] };
  }[];
}

interface EventList {
  items: {
    reason: string;
    message: string;
    count?: number;
    involvedObject: { kind: string; name: string };
  }[];
}

/** Of all pods in the namespace that are not ready. */
export function causeInNamespace(cluster: Cluster, shell: Shell, namespace: string): Promise<string> {
  return causeOf(cluster, shell, namespace, []);
}

/** Of the pods of one version that are not ready. */
export function causeOfVersion(
  cluster: Cluster,
  shell: Shell,
  { namespace, service, version }: { namespace: string; service: string; version: string },
): Promise<string> {
  return causeOf(cluster, shell, namespace, ['--selector', `app=${service},version=${version}`]);
}

async function causeOf(
  cluster: Cluster,
  shell: Shell,
  namespace: string,
  selector: readonly string[],
): Promise<string> {
  const pods = await cluster.get<PodList>(shell, ['pods', '--namespace', namespace, ...selector], {
    show: false,
  });
  const events = await cluster.get<EventList>(shell, ['events', '--namespace', namespace], { show: false });
  const failing = (pods?.items ?? []).filter(
    ({ status }) => !status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  if (failing.length === 0) return `no pod in ${namespace} that is not ready`;
  const said = await Promise.all(
    failing.slice(0, 3).map(async ({ metadata: { name } }) => {
      const own = (events?.items ?? [])
        .filter(({ involvedObject, reason }) => involvedObject.name === name && reason !== 'Scheduled')
        .map(({ reason, message }) => `  ${reason}: ${message}`);
      return [
        `pod ${name}`,
        ...new Set(own.slice(-5)),
        ...(await lastWords(cluster, shell, namespace, name)),
      ];
    }),
  );
  return said.flat().join('\n');
}

/** Of the container before this one too: one that crashes has often said nothing yet. */
async function lastWords(cluster: Cluster, shell: Shell, namespace: string, pod: string): Promise<string[]> {
  const logs = ['logs', pod, '--namespace', namespace, '--tail', '8'];
  const text =
    (await cluster.peekKubectl(shell, [...logs, '--previous'])) || (await cluster.peekKubectl(shell, logs));
  return text
    ? lastLines(text, 8)
        .split('\n')
        .map((line) => `  | ${line}`)
    : [];
}
