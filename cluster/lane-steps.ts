/**
 * A lane comes and goes without a failed request, in the dialect that its service has on the cluster: pipeline/add and
 * pipeline/remove say how for VirtualServices, charts/lane for HTTPRoutes.
 */
import type { LaneService, Lanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import { dialectOf, dialectThere } from './dialect.ts';
import { installLane, uninstallLane } from './lane-release.ts';
import { versionRelease } from './release-names.ts';
import { type VersionSettings, valuesOf } from './releases.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

export interface LaneTarget {
  /** Of the cluster. */
  context: string;
  lanes: Lanes;
  /** One of the lanes'. */
  service: LaneService;
  version: string;
  timeoutSeconds: number;
}

/** What is there of a version: `states` of charts/routes. */
export type RoutesState = 'subset' | 'routed' | 'gone';

/** @param settings without an image: that of the baseline, which differs from it only by its name */
export function addLane(
  target: LaneTarget,
  settings: Omit<VersionSettings, 'image' | 'wait' | 'timeoutSeconds'> & { image?: string },
): Step {
  const { context, lanes, service, version } = target;
  return {
    title: `${versionRelease(service.name, version)}: first its pods, at last its route; each until all have it`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      const dialect = await dialectOf(cluster, lanes, service);
      const image = settings.image ?? (await baselineImage(cluster, service));
      if (dialect === 'gateway') await installLane(cluster, target, { ...settings, wait: true, image });
      else await cluster.script('add', valuesOf(settings), { ...variablesOf(target), IMAGE: image });
    },
  };
}

export function removeLane(target: LaneTarget): Step {
  const { context, lanes, service, version } = target;
  if (version === service.baseline) {
    throw new Failure(
      `${version} is the baseline of ${service.name}: without it requests of every other colour would fail.`,
      2,
    );
  }
  return {
    title: `${versionRelease(service.name, version)}: first its route goes, at last its pods`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      const dialect = (await dialectThere(cluster, service)) ?? lanes.dialect;
      if (dialect === 'gateway') await uninstallLane(cluster, target);
      else await cluster.script('remove', [], variablesOf(target));
    },
  };
}

/** Waits until every proxy has these versions of a service so. @throws CommandFailed that names those that do not */
export function waitForProxies(
  target: LaneTarget,
  shell: Shell,
  state: RoutesState,
  versions: readonly string[] = [target.version],
): Promise<void> {
  return new Cluster(target.context, shell).script('proxies', [state, ...versions], variablesOf(target));
}

/** What the scripts of pipeline/ read about a version of a service. */
export function variablesOf({
  service,
  version,
  timeoutSeconds,
}: Pick<LaneTarget, 'service' | 'version' | 'timeoutSeconds'>) {
  return {
    SERVICE: service.name,
    VERSION: version,
    PORT: String(service.port),
    BASELINE: service.baseline,
    NAMESPACE: service.namespace,
    TIMEOUT: `${timeoutSeconds}s`,
    PROOF_SECONDS: String(timeoutSeconds),
  };
}

async function baselineImage(cluster: Cluster, service: LaneService): Promise<string> {
  const release = versionRelease(service.name, service.baseline);
  const image = await cluster.askKubectl([
    ...['get', 'deployment', release, '--namespace', service.namespace],
    ...['-o', 'jsonpath={.spec.template.spec.containers[?(@.name=="app")].image}'],
  ]);
  if (cluster.dryRun) return 'IMAGE-OF-THE-BASELINE';
  if (!image)
    throw new Failure(`There is no Deployment ${release}, so no image to take: say which with --image.`);
  return image;
}
