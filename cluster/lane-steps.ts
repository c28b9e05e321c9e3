/** A lane comes and goes without a failed request: pipeline/add and pipeline/remove say how. */
import type { LaneService } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import { routesRelease, versionRelease } from './release-names.ts';
import { type VersionSettings, valuesOf } from './releases.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

export interface LaneTarget {
  /** Of the cluster. */
  context: string;
  service: LaneService;
  version: string;
  timeoutSeconds: number;
}

/** What proxies may be waited for: pipeline/proxies. */
export type RoutesState = 'subset' | 'routed' | 'gone';

/** @param settings without an image: that of the baseline, which differs from it only by its name */
export function addLane(
  target: LaneTarget,
  settings: Omit<VersionSettings, 'image' | 'wait' | 'timeoutSeconds'> & { image?: string },
): Step {
  const { context, service, version } = target;
  return {
    title: `${versionRelease(service.name, version)}: pods, subset, route; each until all have it`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      await checkRoutes(cluster, service);
      const image = settings.image ?? (await baselineImage(cluster, service));
      await cluster.script('add', valuesOf(settings), { ...variablesOf(target), IMAGE: image });
    },
  };
}

export function removeLane(target: LaneTarget): Step {
  const { context, service, version } = target;
  if (version === service.baseline) {
    throw new Failure(
      `${version} is the baseline of ${service.name}: without it requests of every other colour would fail.`,
      2,
    );
  }
  return {
    title: `${versionRelease(service.name, version)}: route away, subset away, pods away`,
    run: (shell) => new Cluster(context, shell).script('remove', [], variablesOf(target)),
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
export function variablesOf({ service, version, timeoutSeconds }: Omit<LaneTarget, 'context'>) {
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

/** @throws Failure where the service has no routes yet: a lane beside nothing */
async function checkRoutes(cluster: Cluster, service: LaneService): Promise<void> {
  const release = routesRelease(service.name);
  const found = await cluster.askHelm([
    'status',
    release,
    '--namespace',
    service.namespace,
    '--output',
    'json',
  ]);
  if (found !== undefined || cluster.dryRun) return;
  throw new Failure(
    `${service.name} has no routes in namespace ${service.namespace} (no Helm release ${release}): deploy it first, with npx coloring kind up or npx coloring deploy.`,
  );
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
