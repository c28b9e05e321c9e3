/** The Helm releases of a service: one for each version, and one for its routes. */

import { isDeepStrictEqual } from 'node:util';
import { versionEnvironment } from '../lanes/environment.ts';
import { gatewayOf, gatewayReference } from '../lanes/generate/gateway.ts';
import { sharedGateway } from '../lanes/generate/gateway-api.ts';
import { otherHeader } from '../lanes/header.ts';
import { isGivenLabel } from '../lanes/labels.ts';
import { type LaneService, type Lanes, type LaneVersion, laneNames } from '../lanes/lanes.ts';
import { type HelmValue, valueFlags } from './helm-values.ts';

/** What a version's release is told. */
export interface VersionSettings {
  replicas: number;
  env: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** Of all probes; empty: that the port accepts connections is enough. Undefined: those of this kit's services. */
  probePath?: string;
  /** False: it will never be ready, so nobody waits for it. */
  wait: boolean;
  /** Somebody's computer is this version: charts/version, `local`. */
  local?: LocalValues;
}

export interface LocalValues {
  /** `user@host`. */
  by: string;
  /** ISO 8601. */
  since: string;
  /** Which run of the command. */
  session: string;
  /** Of the session's key: SPKI, base64url. */
  publicKey: string;
  ttlSeconds: number;
}

/** As lanes.yaml has it. */
export function settingsOf(lanes: Lanes, service: LaneService, version: LaneVersion): VersionSettings {
  return {
    replicas: version.replicas,
    env: environmentOf(lanes, service, version),
    labels: Object.fromEntries(Object.entries(version.labels).filter(([name]) => !isGivenLabel(name))),
    ...(version.run.type !== 'stand-in' && { probePath: readyPathOf(version.run) }),
    wait: version.ready,
  };
}

/** Where a program of one's own says that it is ready; empty: nowhere. */
function readyPathOf(run: LaneVersion['run']): string {
  return run.type === 'command' ? (run.ready ?? '') : '';
}

/** What the chart does not tell by itself, nor the program take for granted. */
function environmentOf(lanes: Lanes, service: LaneService, version: LaneVersion): Record<string, string> {
  const { SERVICE_NAME, PROJECT_VERSION, ...env } = versionEnvironment(lanes, service, version);
  if (env.SERVICE_B_URL === 'http://service-b:32000') delete env.SERVICE_B_URL;
  return env;
}

/** What charts/version is told beside what pipeline/pods says. */
export function valuesOf({
  replicas,
  env,
  labels,
  probePath: path,
  local,
}: Pick<VersionSettings, 'replicas' | 'env' | 'labels' | 'probePath' | 'local'>): string[] {
  return valueFlags({
    ...(replicas !== 1 && { replicas }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(path !== undefined && { probes: { startup: { path }, readiness: { path }, liveness: { path } } }),
    ...(local && { local: { ...local } }),
  });
}

/** What lanes.yaml says about a service's routes, beside what pipeline/routes says. */
export function routesValues(lanes: Lanes, service: LaneService): string[] {
  const header = otherHeader(lanes);
  return valueFlags({
    ...(service.entry && { entry: true, ...entryValues(lanes, service), ...linkValues(lanes, service) }),
    ...(service.protocol !== 'http' && { protocol: service.protocol }),
    ...(header !== undefined && { header }),
    ...(lanes.carrier !== 'header' && { carrier: lanes.carrier }),
  });
}

/**
 * What lanes.yaml says about the route of a version, for its release of charts/lane.
 * @param hasBalancers the cluster can give a Gateway's Service an address, as most can
 */
export function laneValues(
  lanes: Lanes,
  service: LaneService,
  version: string,
  hasBalancers = true,
): string[] {
  const header = otherHeader(lanes);
  const isBaseline = version === service.baseline;
  return valueFlags({
    ...(service.entry && { entry: true, ...doorValues(lanes, service, isBaseline, hasBalancers) }),
    ...(service.protocol !== 'http' && { protocol: service.protocol }),
    ...(header !== undefined && { header }),
  });
}

/** All entries share one Gateway, which the baseline of the first one makes. */
function doorValues(
  lanes: Lanes,
  entry: LaneService,
  isBaseline: boolean,
  hasBalancers: boolean,
): Record<string, HelmValue> {
  const gateway = sharedGateway(lanes);
  const makes = isBaseline && gateway?.entry === entry;
  return {
    ...(!entry.hosts.includes('*') && { hosts: entry.hosts }),
    ...(gateway && gateway.namespace !== entry.namespace && { 'gateway.namespace': gateway.namespace }),
    ...(makes && { 'gateway.create': true }),
    ...(makes && gateway.allowedRoutes && { 'gateway.allowedRoutes': gateway.allowedRoutes }),
    ...(makes &&
      !hasBalancers && { 'gateway.annotations': { 'networking.istio.io/service-type': 'ClusterIP' } }),
  };
}

/** The rules of links are with the entry that has every host; colours that other services have alone are told to it. */
function linkValues(lanes: Lanes, entry: LaneService): Record<string, HelmValue> {
  if (!lanes.links || !entry.hosts.includes('*')) return {};
  const own = entry.versions.map(({ name }) => name);
  const colors = laneNames(lanes).filter((name) => !own.includes(name));
  return { 'links.domain': lanes.links.domain, ...(colors.length > 0 && { 'links.colors': colors }) };
}

/** All entries share one Gateway, which the release of the first one makes. */
function entryValues(lanes: Lanes, entry: LaneService): Record<string, HelmValue> {
  const reference = gatewayReference(lanes, entry);
  const hosts = gatewayOf(lanes)?.hosts ?? [];
  const isOthers = reference.includes('/');
  return {
    ...(!entry.hosts.includes('*') && { hosts: entry.hosts }),
    ...(isOthers && { 'gateway.ref': reference }),
    ...(!isOthers && !isDeepStrictEqual(hosts, entry.hosts) && { 'gateway.hosts': hosts }),
  };
}
