/** Everything in a cluster that lanes.yaml asks for, in the order that costs nobody a request. */
import { refuseForGatewayApi } from '../lanes/generate/gateway-api.ts';
import { calledFirst } from '../lanes/graph.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import { checkDialect } from './dialect.ts';
import type { Images } from './images.ts';
import { installLane } from './lane-release.ts';
import { readLaneStates } from './lane-state.ts';
import { type RoutesState, variablesOf } from './lane-steps.ts';
import { nameProblem, routesRelease } from './release-names.ts';
import { routesValues, settingsOf, valuesOf } from './releases.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

export interface DeploySettings {
  context: string;
  lanes: Lanes;
  images: Images;
  timeoutSeconds: number;
}

/**
 * Namespaces, then the called before the callers: as VirtualServices the versions of all, then their routes; as HTTPRoutes
 * the baseline of each, then its lanes.
 */
export function deployLanes(settings: DeploySettings): Step[] {
  const { context, lanes } = settings;
  refuseNames(lanes);
  const namespaces = [...new Set(lanes.services.map(({ namespace }) => namespace))];
  const services = calledFirst(lanes);
  return [
    checkDialect(context, lanes),
    ...namespaces.map((namespace) => namespaceStep(settings, namespace)),
    ...(lanes.dialect === 'gateway'
      ? services.map((service) => lanesStep(settings, service))
      : [
          ...services.map((service) => versionsStep(settings, service)),
          ...services.map((service) => routesStep(settings, service)),
        ]),
  ];
}

/** @throws Failure where a version has a name that none can have on a cluster, with its place in the file */
function refuseNames(lanes: Lanes): void {
  const { services, dialect } = lanes;
  if (dialect === 'gateway') refuseForGatewayApi(lanes);
  const problems = services.flatMap(({ name, versions }) =>
    versions.flatMap((version) => {
      const problem = nameProblem(name, version.name);
      return problem ? [`${version.place.file}:${version.place.line}: ${problem}`] : [];
    }),
  );
  if (problems.length > 0) throw new Failure(problems.join('\n'), 2);
}

function namespaceStep({ context }: DeploySettings, namespace: string): Step {
  return {
    title: `Namespace ${namespace}`,
    run: (shell) =>
      new Cluster(context, shell).script('namespace', [], { NAMESPACE: namespace, CI_DEPLOY_PASSWORD: '' }),
  };
}

function versionsStep(
  { context, lanes, images, timeoutSeconds }: DeploySettings,
  service: LaneService,
): Step {
  return {
    title: `${service.name}: ${service.versions.map(({ name }) => name).join(', ')}`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      await allOf(service.versions, shell, (version) => {
        const { wait, ...settings } = settingsOf(lanes, service, version);
        const args = [...(wait ? ['--wait', '--timeout', `${timeoutSeconds}s`] : []), ...valuesOf(settings)];
        const variables = variablesOf({ service, version: version.name, timeoutSeconds });
        return cluster.script('pods', args, { ...variables, IMAGE: imageOf(images, service, version) });
      });
    },
  };
}

/** The baseline first, which a lane's fallback names; then its lanes, all at once. */
function lanesStep(settings: DeploySettings, service: LaneService): Step {
  const { context, lanes, images, timeoutSeconds } = settings;
  const baseline = service.versions.filter(({ name }) => name === service.baseline);
  const others = service.versions.filter(({ name }) => name !== service.baseline);
  return {
    title: `${service.name}: ${[...baseline, ...others].map(({ name }) => name).join(', ')}`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      const install = (version: LaneVersion) => {
        const target = { lanes, service, version: version.name, timeoutSeconds };
        const image = imageOf(images, service, version);
        return installLane(cluster, target, { ...settingsOf(lanes, service, version), image });
      };
      await allOf(baseline, shell, install);
      await allOf(others, shell, install);
    },
  };
}

/** At once. @throws Failure that says of each what failed */
async function allOf(
  versions: readonly LaneVersion[],
  { signal }: Shell,
  work: (version: LaneVersion) => Promise<void>,
): Promise<void> {
  const done = await Promise.allSettled(versions.map(work));
  const failed = done.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
  signal.throwIfAborted();
  if (failed.length > 0) throw new Failure(failed.map((error: Error) => error.message).join('\n\n'));
}

/** Its own, its service's, or that of the kit's program that stands for it. */
function imageOf(images: Images, { name, standIn }: LaneService, version: LaneVersion): string {
  return images.get(`${name}/${version.name}`) ?? images.get(name) ?? images.get(standIn) ?? '';
}

/** A version that has no subset yet gets it first, and its route when all proxies know it. */
function routesStep({ context, lanes, timeoutSeconds }: DeploySettings, service: LaneService): Step {
  return {
    title: `${routesRelease(service.name)}: Service, DestinationRule, VirtualService, fallback`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      const states = (await readLaneStates(cluster, service.namespace)) ?? [];
      const known = states
        .filter((state) => state.service === service.name && state.target === 'subset')
        .map(({ version }) => version);
      const versions = service.versions.map(({ name }) => name);
      const fresh = versions.filter((version) => !known.includes(version));
      const routes = (state: RoutesState, of: readonly string[]) =>
        cluster.script(
          'routes',
          [state, ...of, '--', ...routesValues(lanes, service)],
          variablesOf({ service, version: service.baseline, timeoutSeconds }),
        );
      if (fresh.length > 0 && known.length > 0) await routes('subset', fresh);
      await routes('routed', versions);
    },
  };
}
