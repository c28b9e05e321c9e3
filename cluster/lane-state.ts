/** What a cluster has of each version, in either dialect: pods, what a route may name, routes; and what does not fit together. */
import type { Cluster } from './cluster.ts';
import { httpRoutes } from './dialect.ts';
import type { KubernetesObject } from './objects.ts';
import { hasEnded, type Job, type LocalLane, localLaneOf } from './relay-job.ts';

export interface LaneState {
  service: string;
  version: string;
  /** Undefined: there is no Deployment, nor a Job of somebody's computer. */
  deployment?: { ready: number; wanted: number; image: string; created: Date };
  /** What a route may lead to: of a VirtualService a subset, of an HTTPRoute a Service of its own. */
  target?: 'subset' | 'Service';
  routed: boolean;
  /** It is routed, but not at the gateway, which leads to its service. */
  meshOnly?: true;
  baseline: boolean;
  /** It is somebody's computer, or was. */
  local?: LocalLane;
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
  spec: {
    gateways?: string[];
    http?: { match?: unknown[]; route?: { destination: { subset?: string } }[] }[];
  };
}

interface Service extends Labelled {
  spec: { selector?: Record<string, string> };
}

interface HttpRoute extends Labelled {
  spec: {
    parentRefs?: { kind?: string }[];
    rules?: { matches?: { headers?: unknown[] }[]; backendRefs?: { name: string }[] }[];
  };
}

/** What is read of a namespace. */
export interface LaneObjects {
  deployments: readonly Deployment[];
  /** Of these, those of somebody's computer count. Undefined: they may not be read. */
  jobs?: readonly Job[] | undefined;
  /** They stay when such a Job has gone. */
  serviceAccounts?: readonly KubernetesObject[] | undefined;
  destinationRules: readonly DestinationRule[];
  virtualServices: readonly VirtualService[];
  services: readonly Service[];
  /** Undefined: the cluster has no Gateway API. */
  httpRoutes?: readonly HttpRoute[] | undefined;
}

/** What a route says of the version that it leads to. */
interface Leading {
  byGateway: boolean;
  /** It takes all that no other route takes. */
  isRest: boolean;
}

/** All versions in a namespace, by service and name. */
export async function readLaneStates(cluster: Cluster, namespace: string): Promise<LaneState[] | undefined> {
  const list = async <T>(kind: string, selector?: string) => {
    const labels = selector ? ['--selector', selector] : [];
    return (await cluster.get<{ items: T[] }>([kind, '--namespace', namespace, ...labels]))?.items;
  };
  const [deployments, jobs, serviceAccounts, destinationRules, virtualServices, services, routes] =
    await Promise.all([
      list<Deployment>('deployments', 'app,version'),
      list<Job>('jobs', 'app,version'),
      list<KubernetesObject>('serviceaccounts', 'app,version'),
      list<DestinationRule>('destinationrules', 'app'),
      list<VirtualService>('virtualservices', 'app'),
      list<Service>('services'),
      list<HttpRoute>(httpRoutes),
    ]);
  if (!deployments || !destinationRules || !virtualServices || !services) return undefined;
  const rules = { destinationRules, virtualServices, services, httpRoutes: routes };
  return combine({ deployments, jobs, serviceAccounts, ...rules });
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
  /** By service: versions that a gateway leads to. */
  const atGateway = new Map<string, Set<string>>();
  const lead = (service: string, version: string, { byGateway, isRest }: Leading) => {
    const state = at(service, version);
    state.routed = true;
    state.baseline ||= isRest;
    if (byGateway) atGateway.set(service, (atGateway.get(service) ?? new Set()).add(version));
  };
  const { deployments, destinationRules, virtualServices, services } = objects;
  for (const { metadata, spec, status } of deployments) {
    const { app = '', version = '' } = metadata.labels ?? {};
    at(app, version).deployment = {
      ready: status.readyReplicas ?? 0,
      wanted: spec.replicas ?? 1,
      image: imageOf(spec.template.spec.containers),
      created: new Date(metadata.creationTimestamp),
    };
  }
  for (const account of objects.serviceAccounts ?? []) {
    const { app = '', version = '' } = account.metadata.labels ?? {};
    const local = localLaneOf(account);
    if (local) at(app, version).local = { ...local, isLeft: true };
  }
  for (const job of objects.jobs ?? []) {
    const { app = '', version = '' } = job.metadata.labels ?? {};
    const local = localLaneOf(job);
    if (!local || hasEnded(job)) continue;
    const state = at(app, version);
    state.local = { ...local, isLeft: false };
    state.deployment = {
      ready: job.status?.ready ?? 0,
      wanted: 1,
      image: imageOf(job.spec.template.spec.containers),
      created: local.since,
    };
  }
  for (const { metadata, spec } of destinationRules) {
    for (const { name } of spec.subsets ?? []) at(metadata.labels?.app ?? '', name).target = 'subset';
  }
  for (const { metadata, spec } of virtualServices) {
    for (const { match, route } of spec.http ?? []) {
      for (const { destination } of route ?? []) {
        if (destination.subset === undefined) continue;
        const byGateway = spec.gateways?.some((name) => name !== 'mesh') ?? false;
        lead(metadata.labels?.app ?? '', destination.subset, { byGateway, isRest: match === undefined });
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
        const byGateway = spec.parentRefs?.some(({ kind = 'Gateway' }) => kind === 'Gateway') ?? false;
        lead(app, version, { byGateway, isRest: !matches.some(({ headers = [] }) => headers.length > 0) });
      }
    }
  }
  for (const state of states.values()) {
    const led = atGateway.get(state.service);
    if (state.routed && led && !led.has(state.version)) state.meshOnly = true;
  }
  return [...states.values()].sort(
    (a, b) =>
      a.service.localeCompare(b.service) ||
      Number(b.baseline) - Number(a.baseline) ||
      a.version.localeCompare(b.version, 'en', { numeric: true }),
  );
}

function imageOf(containers: readonly { name: string; image: string }[]): string {
  return containers.find(({ name }) => name === 'app')?.image ?? '';
}

/** What does not fit together, in words; undefined where all is well. */
export function complaint({ deployment, target, routed, local }: LaneState): string | undefined {
  if (local?.isLeft) return `left behind by ${local.by}`;
  if (!deployment) return routed ? 'routed, but not deployed' : `a ${target} without pods`;
  const { ready, wanted } = deployment;
  // A computer that only calls.
  if (local && !routed && !target) return undefined;
  if (wanted === 0) return routed ? 'routed, but scaled to zero' : undefined;
  if (routed && ready === 0) return local ? 'its computer is not there' : 'routed, but not ready';
  if (ready > 0 && !routed)
    return target ? `ready, but not routed (a ${target} only)` : 'ready, but not routed';
  if (ready < wanted) return `${wanted - ready} of ${wanted} not ready`;
  return undefined;
}
