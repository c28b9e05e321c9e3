/**
 * A version of a service as one release of charts/lane: pods, Service, fallback, HTTPRoute. The chart has the order in
 * which they come and go, and nothing of anybody else is read or written, so there is no lock and nobody is waited for.
 */
import type { LaneService, Lanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { causeInNamespace } from './cause.ts';
import type { Cluster } from './cluster.ts';
import { closedGateway } from './gateway-rights.ts';
import { kindOf } from './kind.ts';
import { versionRelease } from './release-names.ts';
import { laneValues, type VersionSettings, valuesOf } from './releases.ts';
import { CommandFailed } from './shell.ts';

interface LaneRelease {
  lanes: Lanes;
  service: LaneService;
  version: string;
  timeoutSeconds: number;
}

/**
 * Until the pods are ready and the route leads to them. Without the right to the gateway's namespace the route is for calls
 * inside of the mesh alone.
 * @throws Failure that says why they are not
 */
export async function installLane(
  cluster: Cluster,
  { lanes, service, version, timeoutSeconds }: LaneRelease,
  settings: VersionSettings & { image: string },
): Promise<void> {
  const { name, namespace, port, baseline } = service;
  const closed = version === baseline ? undefined : await closedGateway(cluster, lanes, service);
  if (closed !== undefined) {
    cluster.say(
      `${name} ${version}: for calls inside of the mesh alone, as you may not write EnvoyFilters in ${closed}; the gateway goes on leading this colour to the baseline. Who may makes the lane for you, or gives you that right.`,
    );
  }
  const args = [
    ...[versionRelease(name, version), 'charts/lane'],
    ...['--set-literal', `service=${name}`, '--set-literal', `version=${version}`],
    ...['--set-literal', `baseline=${baseline}`, '--set-literal', `image=${settings.image}`],
    ...['--set', `port=${port}`],
    ...valuesOf(settings),
    ...laneValues(
      lanes,
      closed ? { ...service, entry: false } : service,
      version,
      kindOf(cluster.context) === undefined,
    ),
    ...(settings.wait ? ['--wait', '--timeout', `${timeoutSeconds}s`] : []),
  ];
  try {
    await cluster.script('upgrade', args, { NAMESPACE: namespace });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const cause = await causeInNamespace(cluster, namespace, `app=${name},version=${version}`);
    throw new Failure([error.message, cause].join('\n'));
  }
}

/** Until its pods are gone, which is after its route is. */
export async function uninstallLane(
  cluster: Cluster,
  { service, version, timeoutSeconds }: LaneRelease,
): Promise<void> {
  const release = versionRelease(service.name, version);
  await cluster.script('unlock', [release], { NAMESPACE: service.namespace });
  await cluster.helm([
    ...['uninstall', release, '--namespace', service.namespace, '--ignore-not-found'],
    ...['--wait', '--timeout', `${timeoutSeconds}s`],
  ]);
}
