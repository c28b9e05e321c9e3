/** What a cluster has of each version, in either dialect: pods, what a route may name, routes; and what does not fit together. */
import type { Cluster } from './cluster.ts';
import { httpRoutes } from './dialect.ts';

export interface LaneState {
  service: string;
  version: string;
  /** Undefined: there is no Deployment. */
  deployment?: { ready: number; wanted: number; image: string; created: Date };
  /** What a route may lead to: of a VirtualService a subset, of an HTTPRoute a Service of its own. */
  target?: 'subset' | 'Service';
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

interface Service extends Labelled {
  spec: { selector?: Record<string, string> };
}

interface HttpRoute extends Labelled {
  spec: { rules?: { matches?: { headers?: unknown[] }[]; backendRefs?: { name: string }[] }[] };
}

/** What is read of a namespace. */
export interface LaneObjects {
  deployments: readonly Deployment[];
  destinationRules: readonly DestinationRule[];
  virtualServices: readonly VirtualService[];
  services: readonly Service[];
  /** Undefined: the cluster has no Gateway API. */
  httpRoutes?: readonly HttpRoute[] | undefined;
}

/** All versions in a namespace, by service and name. */
export async function readLaneStates(cluster: Cluster, namespace: string): Promise<LaneState[] | undefined> {
  const list = async <T>(kind: string, selector?: string) => {
    const labels = selector ? ['--selector', selector] : [];
    return (await cluster.get<{ items: T[] }>([kind, '--namespace', namespace, ...labels]))?.items;
  };
  const [deployments, destinationRules, virtualServices, services, routes] = await Promise.all([
    list<Deployment>('deployments', 'app,version'),
    list<DestinationRule>('destinationrules', 'app'),
    list<VirtualService>('virtualservices', 'app'),
    list<Service>('services'),
    list<HttpRoute>(httpRoutes),
  ]);
  if (!deployments || !destinationRules || !virtualServices || !services) return undefined;
  return combine({ deployments, destinationRules, virtualServices, services, httpRoutes: routes });
}

/** Pure part of {@link readLaneStates}. */
export function combine(objects: LaneObjects): LaneState[] {
  const states = new Map<string, LaneState>();
  const at = (service: string, version: string): LaneState => {
    const key = `${service} ${version}`;
    const state = states.get(key) ?? { service, version, routed: false, baseline: false };
    states.set(key, state);
    return state;
  };
  const { deployments, destinationRules, virtualServices, services } = objects;
  for (const { metadata, spec, status } of deployments) {
    const { app = '', version = '' } = metadata.labels ?? {};
    at(app, version).deployment = {
      ready: status.readyReplicas ?? 0,
      wanted: spec.replicas ?? 1,
      image: spec.template.spec.containers.find(({ name }) => name === 'app')?.image ?? '',
      created: new Date(metadata.creationTimestamp),
    };
  }
  for (const { metadata, spec } of destinationRules) {
    for (const { name } of spec.subsets ?? []) at(metadata.labels?.app ?? '', name).target = 'subset';
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
  for (const { spec } of services) {
    const { app, version } = spec.selector ?? {};
    if (app !== undefined && version !== undefined) at(app, version).target ??= 'Service';
  }
  const versions = new Map(services.map(({ metadata, spec }) => [metadata.name, spec.selector ?? {}]));
  for (const { spec } of objects.httpRoutes ?? []) {
    for (const { matches = [], backendRefs = [] } of spec.rules ?? []) {
      for (const { name } of backendRefs) {
        const { app, version } = versions.get(name) ?? {};
        if (app === undefined || version === undefined) continue;
        const state = at(app, version);
        state.routed = true;
        state.baseline ||= !matches.some(({ headers = [] }) => headers.length > 0);
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
export function complaint({ deployment, target, routed }: LaneState): string | undefined {
  if (!deployment) return routed ? 'routed, but not deployed' : `a ${target} without pods`;
  const { ready, wanted } = deployment;
  if (wanted === 0) return routed ? 'routed, but scaled to zero' : undefined;
  if (routed && ready === 0) return 'routed, but not ready';
  if (ready > 0 && !routed)
    return target ? `ready, but not routed (a ${target} only)` : 'ready, but not routed';
  if (ready < wanted) return `${wanted - ready} of ${wanted} not ready`;
  return undefined;
}
