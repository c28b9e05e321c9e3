/**
 * A lane comes and goes without a failed request, because each step waits until every proxy has the one before:
 * pods, then the subset, then the route; and the reverse when it goes.
 */
import type { LaneService } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import type { Cluster } from './cluster.ts';
import { type Expectation, type Subject, waitForProxies } from './proxies.ts';
import { routesRelease, versionRelease } from './release-names.ts';
import { deployVersion, type RoutesState, upgradeRoutes, type VersionSettings } from './releases.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

export interface LaneTarget {
  cluster: Cluster;
  service: LaneService;
  version: string;
  timeoutSeconds: number;
}

type RoutesChange = (state: RoutesState) => RoutesState;

/** @param settings without an image: that of the baseline, which differs from it only by its name */
export function addLane(
  target: LaneTarget,
  settings: Omit<VersionSettings, 'image'> & { image?: string },
): Step[] {
  const { cluster, service, version } = target;
  return [
    {
      title: `Deployment ${versionRelease(service.name, version)} until it is ready`,
      run: async (shell) => {
        const image = settings.image ?? (await baselineImage(target, shell));
        await deployVersion(cluster, shell, service, version, { ...settings, image });
      },
    },
    routesStep(target, 'Subset, until all proxies have it', 'subset', ({ draining, exclude }) => ({
      draining: [...without(draining, version), version],
      exclude: without(exclude, version),
    })),
    routesStep(target, 'Route, until all proxies have it', 'route', ({ draining, exclude }) => ({
      draining: without(draining, version),
      exclude: without(exclude, version),
    })),
  ];
}

export function removeLane(target: LaneTarget): Step[] {
  const { cluster, service, version, timeoutSeconds } = target;
  if (version === service.baseline) {
    throw new Failure(
      `${version} is the baseline of ${service.name}: without it requests of every other colour would fail.`,
      2,
    );
  }
  return [
    routesStep(target, 'Route away, until no proxy has it', 'no route', ({ draining, exclude }) => ({
      draining: [...without(draining, version), version],
      exclude: without(exclude, version),
    })),
    routesStep(target, 'Subset away, until no proxy has it', 'no subset', ({ draining, exclude }) => ({
      draining: without(draining, version),
      exclude: [...without(exclude, version), version],
    })),
    {
      title: `Deployment ${versionRelease(service.name, version)} away`,
      run: async (shell) => {
        await cluster.helm(shell, [
          ...['uninstall', versionRelease(service.name, version), '--namespace', service.namespace],
          ...['--ignore-not-found', '--wait', '--timeout', `${timeoutSeconds}s`],
        ]);
      },
    },
  ];
}

function without(list: readonly string[], version: string): string[] {
  return list.filter((other) => other !== version);
}

/** One change of the routes, and the wait for it. What others are draining meanwhile stays as it is. */
function routesStep(
  { cluster, service, version, timeoutSeconds }: LaneTarget,
  title: string,
  expected: Expectation,
  change: RoutesChange,
): Step {
  return {
    title,
    run: async (shell) => {
      const before = await readRoutesState(cluster, shell, service);
      await upgradeRoutes(cluster, shell, service, change(before));
      await waitForProxies(cluster, shell, subjectOf(service, version), expected, timeoutSeconds);
    },
  };
}

export function subjectOf(service: LaneService, version: string): Subject {
  const { name, namespace, port, baseline } = service;
  return { service: name, namespace, port, version, baseline };
}

/** What the service's routes were last told. @throws Failure where the service has no routes */
async function readRoutesState(
  cluster: Cluster,
  shell: Shell,
  service: Pick<LaneService, 'name' | 'namespace'>,
): Promise<RoutesState> {
  const release = routesRelease(service.name);
  const text = await shell.ask('helm', [
    ...['--kube-context', cluster.context, 'get', 'values', release],
    ...['--namespace', service.namespace, '--output', 'json'],
  ]);
  if (shell.dryRun) return { draining: [], exclude: [] };
  if (text === undefined) {
    throw new Failure(
      `${service.name} has no routes in namespace ${service.namespace} (no Helm release ${release}): deploy it first, with npm run kind:up or npm run deploy.`,
    );
  }
  const { draining = [], exclude = [] } = (JSON.parse(text) ?? {}) as Partial<RoutesState>;
  return { draining, exclude };
}

async function baselineImage({ cluster, service }: LaneTarget, shell: Shell): Promise<string> {
  const release = versionRelease(service.name, service.baseline);
  const image = await cluster.askKubectl(shell, [
    ...['get', 'deployment', release, '--namespace', service.namespace],
    ...['-o', 'jsonpath={.spec.template.spec.containers[?(@.name=="app")].image}'],
  ]);
  if (shell.dryRun) return 'IMAGE-OF-THE-BASELINE';
  if (!image)
    throw new Failure(`There is no Deployment ${release}, so no image to take: say which with --image.`);
  return image;
}
