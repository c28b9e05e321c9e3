/** When a pod is up, and where. */

import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { ApiError, type Kubernetes, type KubernetesObject } from './kubernetes.ts';

export interface PodStatus {
  status: {
    phase?: string;
    podIP?: string;
    conditions?: { type: string; status: string; message?: string }[];
    /** A native sidecar is an init container. */
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  restartCount: number;
  state: object;
}

const longestMs = 300_000;

/** Creates a pod; the service account of a new namespace may take a moment. */
export async function createPod(api: Kubernetes, pod: KubernetesObject): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      await api.apply(pod);
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof ApiError && /serviceaccount/.test(error.message))) throw error;
      await sleep(100);
    }
  }
}

/** Its address, as soon as this condition holds. @throws Error where it does not within 5 min */
export async function addressWhen(
  api: Kubernetes,
  pod: KubernetesObject,
  condition: string,
): Promise<string> {
  let status: PodStatus['status'] = {};
  const address = async () => {
    status = (await api.get<PodStatus>(pod))?.status ?? {};
    const holds = status.conditions?.some(({ type, status }) => type === condition && status === 'True');
    return holds && status.podIP ? pWaitFor.resolveWith(status.podIP) : false;
  };
  const fallback = () => {
    const { namespace, name } = pod.metadata;
    throw new Error(`pod ${namespace}/${name}: not ${condition} after 5 min (${inWords(status)})`);
  };
  return pWaitFor(address, { interval: 300, timeout: { milliseconds: longestMs, fallback } });
}

function inWords({
  phase = 'not there',
  conditions = [],
  initContainerStatuses = [],
  containerStatuses = [],
}: PodStatus['status']): string {
  const unmet = conditions.filter(({ status }) => status !== 'True');
  return [
    phase,
    ...unmet.map(({ type, message = '' }) => `not ${type} ${message}`.trim()),
    ...[...initContainerStatuses, ...containerStatuses].map(
      ({ name, restartCount, state }) => `${name}: ${JSON.stringify(state)}, ${restartCount} restarts`,
    ),
  ].join('; ');
}
