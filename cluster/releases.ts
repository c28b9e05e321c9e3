/** The Helm releases of a service: one for each version, and one for its routes. */

import { isDeepStrictEqual } from 'node:util';
import { versionEnvironment } from '../lanes/environment.ts';
import { gatewayOf, gatewayReference } from '../lanes/generate/gateway.ts';
import { otherHeader } from '../lanes/header.ts';
import { isGivenLabel } from '../lanes/labels.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { projectPath } from '../runtime/project.ts';
import { causeOfVersion } from './cause.ts';
import type { Cluster } from './cluster.ts';
import { type HelmValue, valueFlags } from './helm-values.ts';
import { routesRelease, versionRelease } from './release-names.ts';
import { CommandFailed, type Shell } from './shell.ts';

/** What a version's release is told. */
export interface VersionSettings {
  image: string;
  replicas: number;
  env: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  /** False: it will never be ready, so nobody waits for it. */
  wait: boolean;
  timeoutSeconds: number;
}

/** As lanes.yaml has it. */
export function settingsOf(
  lanes: Lanes,
  service: LaneService,
  version: LaneVersion,
  image: string,
  timeoutSeconds: number,
): VersionSettings {
  return {
    image,
    replicas: version.replicas,
    env: environmentOf(lanes, service, version),
    labels: Object.fromEntries(Object.entries(version.labels).filter(([name]) => !isGivenLabel(name))),
    wait: version.ready,
    timeoutSeconds,
  };
}

/** What the chart does not tell by itself, nor the program take for granted. */
function environmentOf(lanes: Lanes, service: LaneService, version: LaneVersion): Record<string, string> {
  const { SERVICE_NAME, PROJECT_VERSION, ...env } = versionEnvironment(lanes, service, version);
  if (env.SERVICE_B_URL === 'http://service-b:32000') delete env.SERVICE_B_URL;
  return env;
}

/** Deploys one version and waits until it is ready. @throws Failure with the cause where it is not */
export async function deployVersion(
  cluster: Cluster,
  shell: Shell,
  service: LaneService,
  version: string,
  settings: VersionSettings,
): Promise<void> {
  const { image, replicas, env, labels, wait, timeoutSeconds } = settings;
  const args = valueFlags({
    ...{ service: service.name, version, image, port: service.port },
    ...(replicas !== 1 && { replicas }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(Object.keys(labels).length > 0 && { labels }),
  });
  if (wait) args.push('--wait', '--timeout', `${timeoutSeconds}s`);
  try {
    await cluster.upgrade(shell, {
      name: versionRelease(service.name, version),
      namespace: service.namespace,
      chart: [projectPath('charts/version')],
      args,
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const pods = { namespace: service.namespace, service: service.name, version };
    throw new Failure(`${error.message}\n${await causeOfVersion(cluster, shell, pods)}`);
  }
}

/** Values that take a version out of the routes (`draining`), or out of all rules (`exclude`). */
export interface RoutesState {
  draining: readonly string[];
  exclude: readonly string[];
}

/** What lanes.yaml says about a service's routes, as values of charts/routes. */
export function routesValues(lanes: Lanes, service: LaneService): string[] {
  const header = otherHeader(lanes);
  return valueFlags({
    ...{ service: service.name, baseline: service.baseline, port: service.port },
    ...(service.entry && { entry: true, ...entryValues(lanes, service) }),
    ...(header !== undefined && { header }),
  });
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

/**
 * Brings the routes up to what is deployed, but for `state`. What the release was told before stays (time-outs,
 * fallback), unless `values` say otherwise.
 */
export async function upgradeRoutes(
  cluster: Cluster,
  shell: Shell,
  service: Pick<LaneService, 'name' | 'namespace'>,
  state: RoutesState,
  values: readonly string[] = [],
): Promise<void> {
  await cluster.upgrade(shell, {
    name: routesRelease(service.name),
    namespace: service.namespace,
    chart: [projectPath('charts/routes')],
    args: [
      '--reset-then-reuse-values',
      ...values,
      ...valueFlags({ draining: state.draining, exclude: state.exclude }),
    ],
  });
}
