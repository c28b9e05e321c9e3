/** What a cluster has of each version: pods, subset, routes; and what does not fit together. */
import type { Cluster } from './cluster.ts';

export interface LaneState {
  service: string;
  version: string;
  /** Undefined: there is no Deployment. */
  deployment?: { ready: number; wanted: number; image: string; created: Date };
  subset: boolean;
  routed: boolean;
  baseline: boolean;
}

interface Labelled {
  metadata: { name: string; creationTimestamp: string; labels?: Record<string, string> };
}

interface Deployment extends Labelled {
  spec: { replicas?: number; template: { spec: { containers: { name: string; image: string }[] } } };
  status: { readyReplicas?: number };
}

interface DestinationRule extends Labelled {
  spec: { subsets?: { name: string }[] };
}

interface VirtualService extends Labelled {
  spec: { http?: { match?: unknown[]; route?: { destination: { subset?: string } }[] }[] };
}

/** All versions in a namespace, by service and name. */
export async function readLaneStates(cluster: Cluster, namespace: string): Promise<LaneState[] | undefined> {
  const inNamespace = ['--namespace', namespace];
  const [deployments, rules, services] = await Promise.all([
    cluster.get<{ items: Deployment[] }>(['deployments', ...inNamespace, '--selector', 'app,version']),
    cluster.get<{ items: DestinationRule[] }>(['destinationrules', ...inNamespace, '--selector', 'app']),
    cluster.get<{ items: VirtualService[] }>(['virtualservices', ...inNamespace, '--selector', 'app']),
  ]);
  if (!deployments || !rules || !services) return undefined;
  return combine(deployments.items, rules.items, services.items);
}

/** Pure part of {@link readLaneStates}. */
export function combine(
  deployments: readonly Deployment[],
  rules: readonly DestinationRule[],
  virtualServices: readonly VirtualService[],
): LaneState[] {
  const states = new Map<string, LaneState>();
  const at = (service: string, version: string): LaneState => {
    const key = `${service} ${version}`;
    const state = states.get(key) ?? { service, version, subset: false, routed: false, baseline: false };
    states.set(key, state);
    return state;
  };
  for (const { metadata, spec, status } of deployments) {
    const { app = '', version = '' } = metadata.labels ?? {};
    at(app, version).deployment = {
      ready: status.readyReplicas ?? 0,
      wanted: spec.replicas ?? 1,
      image: spec.template.spec.containers.find(({ name }) => name === 'app')?.image ?? '',
      created: new Date(metadata.creationTimestamp),
    };
  }
  for (const { metadata, spec } of rules) {
    for (const { name } of spec.subsets ?? []) at(metadata.labels?.app ?? '', name).subset = true;
  }
  for (const { metadata, spec } of virtualServices) {
    for (const { match, route } of spec.http ?? []) {
      for (const { destination } of route ?? []) {
        if (destination.subset === undefined) continue;
        const state = at(metadata.labels?.app ?? '', destination.subset);
        state.routed = true;
        state.baseline ||= match === undefined;
      }
    }
  }
  return [...states.values()].sort(
    (a, b) =>
      a.service.localeCompare(b.service) ||
      Number(b.baseline) - Number(a.baseline) ||
      a.version.localeCompare(b.version, 'en', { numeric: true }),
  );
}

/** What does not fit together, in words; undefined where all is well. */
export function complaint({ deployment, subset, routed }: LaneState): string | undefined {
  if (!deployment) {
    if (routed) return 'routed, but not deployed';
    return 'a subset without pods';
  }
  const { ready, wanted } = deployment;
  if (wanted === 0) return routed ? 'routed, but scaled to zero' : undefined;
  if (routed && ready === 0) return 'routed, but not ready';
  if (ready > 0 && !routed) return subset ? 'ready, but not routed (a subset only)' : 'ready, but not routed';
  if (ready < wanted) return `${wanted - ready} of ${wanted} not ready`;
  return undefined;
}
