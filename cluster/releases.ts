/** The Helm releases of a service: one for each version, and one for its routes. */

import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { entries } from '../lanes/law.ts';
import { Failure } from '../runtime/failure.ts';
import { projectPath } from '../runtime/project.ts';
import { causeOfVersion } from './cause.ts';
import type { Cluster } from './cluster.ts';
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

export function versionRelease(service: string, version: string): string {
  return `${service}-${version}`;
}

export function routesRelease(service: string): string {
  return `${service}-routes`;
}

/** The labels that charts/version gives by itself. */
const ownLabels = ['app', 'version', 'app.kubernetes.io/name', 'app.kubernetes.io/version'];

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
    env: { ...calledUrl(lanes, service), ...version.env, ...(version.ready ? {} : { READY: 'false' }) },
    labels: Object.fromEntries(Object.entries(version.labels).filter(([name]) => !ownLabels.includes(name))),
    wait: version.ready,
    timeoutSeconds,
  };
}

/** How service-a finds the one it calls, where that is not its default. */
function calledUrl(lanes: Lanes, service: LaneService): Record<string, string> {
  const called = lanes.services.find(({ name }) => name === service.calls);
  if (!called) return {};
  const host = called.namespace === service.namespace ? called.name : `${called.name}.${called.namespace}`;
  const url = `http://${host}:${called.port}`;
  return url === 'http://service-b:32000' ? {} : { SERVICE_B_URL: url };
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
  const values = [`service=${service.name}`, `version=${version}`, `port=${service.port}`, `image=${image}`];
  if (replicas !== 1) values.push(`replicas=${replicas}`);
  const args = ['--set', values.join(',')];
  for (const [name, value] of Object.entries(env)) args.push('--set-string', `env.${name}=${escaped(value)}`);
  for (const [name, value] of Object.entries(labels)) {
    args.push('--set-string', `labels.${name.replaceAll('.', '\\.')}=${escaped(value)}`);
  }
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

/** A value of `--set`. */
function escaped(value: string): string {
  return value.replaceAll(/[\\,]/g, '\\$&');
}

/** Values that take a version out of the routes (`draining`), or out of all rules (`exclude`). */
export interface RoutesState {
  draining: readonly string[];
  exclude: readonly string[];
}

/** What lanes.yaml says about a service's routes, as values of charts/routes. */
export function routesValues(lanes: Lanes, service: LaneService): string[] {
  const values = [`service=${service.name}`, `port=${service.port}`, `baseline=${service.baseline}`];
  if (entries(lanes).includes(service)) values.push('entry=true');
  return ['--set', values.join(',')];
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
      ...['--set-json', `draining=${JSON.stringify(state.draining)}`],
      ...['--set-json', `exclude=${JSON.stringify(state.exclude)}`],
    ],
  });
}
