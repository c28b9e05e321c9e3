/** lanes.yaml says which services there are and who calls whom; the cluster says which versions run. */
import { localLaneOf } from '../../cluster/relay-job.ts';
import type { Snapshot } from '../../explain/live/snapshot.ts';
import { labelsOf } from '../../lanes/labels.ts';
import type { LaneService, Lanes, LaneVersion } from '../../lanes/lanes.ts';
import { gateway } from '../../trace/hop.ts';
import type { TracedRequest } from '../../trace/join.ts';
import type { Running } from '../view/lanes-view.ts';

type Pod = Snapshot['pods']['items'][number];

/** The lanes of the file, with the versions that have pods here besides. */
export function lanesThere(lanes: Lanes, pods: readonly Pod[]): Lanes {
  return {
    ...lanes,
    services: lanes.services.map((service) => ({ ...service, versions: versionsThere(service, pods) })),
  };
}

function versionsThere(service: LaneService, pods: readonly Pod[]): LaneVersion[] {
  const own = podsOf(service, pods);
  const [model] = service.versions;
  const known = service.versions.map(({ name }) => name);
  const others = [...new Set(own.flatMap((pod) => versionLabel(pod) ?? []))].filter(
    (name) => !known.includes(name),
  );
  const all = [
    ...service.versions,
    ...(model
      ? others.sort().map((name): LaneVersion => ({ ...model, name, labels: labelsOf(service.name, name) }))
      : []),
  ];
  // As its pods have them, where it has any: subsets select by them.
  return all.map((version) => {
    const pod = own.find((one) => versionLabel(one) === version.name);
    return { ...version, labels: pod?.metadata.labels ?? version.labels };
  });
}

/** How the pods of a version are. */
export function runningThere(pods: readonly Pod[]): (service: LaneService, version: LaneVersion) => Running {
  return (service, version) => {
    const own = podsOf(service, pods).filter((pod) => versionLabel(pod) === version.name);
    const ready = own.filter(isReady).length;
    const state = ready > 0 ? 'ready' : own.length === 0 ? 'stopped' : 'unready';
    const computer = computerOf(own);
    return { ready, total: own.length, state, control: 'run', controls: [], ...(computer && { computer }) };
  };
}

/** Whose computer the pods lead to, where that is what they do. */
function computerOf(pods: readonly Pod[]): Running['computer'] {
  const [local] = pods.flatMap((pod) => localLaneOf(pod) ?? []);
  return local && { by: local.by, since: local.since.toISOString() };
}

/** Those that are not going. */
function podsOf({ name, namespace }: LaneService, pods: readonly Pod[]): Pod[] {
  return pods.filter(
    ({ metadata }) =>
      metadata.namespace === namespace &&
      metadata.deletionTimestamp === undefined &&
      (metadata.labels?.['app.kubernetes.io/name'] ?? metadata.labels?.app) === name,
  );
}

function versionLabel({ metadata: { labels = {} } }: Pod): string | undefined {
  return labels['app.kubernetes.io/version'] ?? labels.version;
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/**
 * Whether a request is of other services alone: a gateway may be there for several namespaces, and has the requests of all in
 * its log. One that came to nobody may be meant for the lanes.
 */
export function isOfOthers({ hops }: TracedRequest, { namespace, services }: Lanes): boolean {
  const own = new Set([namespace, ...services.map((service) => service.namespace)]);
  const parties = hops.flatMap(({ from, to }) => [from, ...(to ? [to] : [])]);
  const homes = parties.flatMap(({ service, instance }) => {
    if (instance === undefined || service === gateway.service) return [];
    // Of the lanes' own namespace a party has the short name: trace/live/proxies.ts.
    const [, ...home] = service.split('.');
    return home.join('.') || namespace;
  });
  return homes.length > 0 && !homes.some((home) => own.has(home));
}
