/**
 * In which dialect the lanes of a service are on a cluster: as VirtualServices, which one release of charts/routes writes
 * for all of them, or as HTTPRoutes, of which each lane has its own. What is there says it; the lanes file only where
 * nothing is.
 */
import type { LaneService, Lanes } from '../lanes/lanes.ts';
import type { Dialect } from '../lanes/model.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import { routesRelease, versionRelease } from './release-names.ts';
import type { Step } from './steps.ts';

/** Undefined: the service has no routes yet. Where both are, sidecars obey the HTTPRoutes. */
export async function dialectThere(cluster: Cluster, service: LaneService): Promise<Dialect | undefined> {
  if (await hasHttpRoute(cluster, service)) return 'gateway';
  const { name, namespace } = service;
  const args = ['status', routesRelease(name), '--namespace', namespace, '--output', 'json'];
  return (await cluster.askHelm(args)) === undefined ? undefined : 'istio';
}

/** Whether the baseline has one, which every lane is beside. */
export async function hasHttpRoute(
  cluster: Cluster,
  { name, namespace, baseline }: LaneService,
): Promise<boolean> {
  const route = versionRelease(name, baseline);
  const args = ['get', httpRoutes, route, '--namespace', namespace, '--output', 'name'];
  return (await cluster.askKubectl(args)) !== undefined;
}

/** Written out, as another API may have a kind of that name. */
export const httpRoutes = 'httproutes.gateway.networking.k8s.io';

/** @throws Failure where the service has no routes yet: a lane beside nothing */
export async function dialectOf(cluster: Cluster, lanes: Lanes, service: LaneService): Promise<Dialect> {
  const there = await dialectThere(cluster, service);
  if (there) return there;
  if (cluster.dryRun) return lanes.dialect;
  throw new Failure(
    `${service.name} has no routes in namespace ${service.namespace} (no HTTPRoute ${versionRelease(service.name, service.baseline)}, no Helm release ${routesRelease(service.name)}): deploy it first, with npx coloring kind up or npx coloring deploy.`,
  );
}

/** Before anything is changed: a service has its routes in one dialect. */
export function checkDialect(context: string, lanes: Lanes): Step {
  return {
    title: `Routes as ${words[lanes.dialect]}`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      const there = await Promise.all(
        lanes.services.map(async (service) => ({ service, dialect: await dialectThere(cluster, service) })),
      );
      const problems = there.flatMap(({ service: { name, namespace }, dialect }) =>
        dialect && dialect !== lanes.dialect
          ? [`${name} has its routes in namespace ${namespace} as ${words[dialect]} already.`]
          : [],
      );
      if (problems.length === 0) return;
      const [other] = there.flatMap(({ dialect }) => (dialect === lanes.dialect ? [] : (dialect ?? [])));
      throw new Failure(
        [
          ...problems,
          `Go on in that dialect (--dialect ${other}), or in a namespace of its own, or take the releases there away first: helm list, helm uninstall.`,
        ].join('\n'),
      );
    },
  };
}

const words: Record<Dialect, string> = { istio: 'VirtualServices', gateway: 'HTTPRoutes' };
