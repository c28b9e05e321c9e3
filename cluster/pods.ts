/** Pods as the API server has them, of each only what is read here; and the proxy of Istio in one. */
import type { KubernetesObject, Resource } from './objects.ts';

interface Container {
  name: string;
  args?: string[];
  ports?: { name?: string; containerPort: number }[];
}

export interface Pod extends KubernetesObject {
  spec: {
    containers: Container[];
    initContainers?: Container[];
    serviceAccountName?: string;
    hostNetwork?: boolean;
  };
  status: { phase?: string; podIP?: string; conditions?: { type: string; status: string }[] };
}

export const pods: Resource = { group: 'v1', plural: 'pods', kind: 'Pod' };

/** Of Istio's injection. */
export const proxyContainer = 'istio-proxy';

/**
 * What stands in the pod; undefined: no proxy of Istio, or one of ambient mode, a waypoint or ztunnel, whose container
 * has the same name.
 */
export function proxyType({ spec }: Pod): 'gateway' | 'sidecar' | undefined {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const proxy = containers.find(({ name }) => name === proxyContainer);
  if (!proxy || proxy.args?.includes('waypoint') || proxy.args?.includes('ztunnel')) return undefined;
  return proxy.args?.includes('router') ? 'gateway' : 'sidecar';
}
