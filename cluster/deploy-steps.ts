/** Everything in a cluster that lanes.yaml asks for, in the order that costs nobody a request. */

import pWaitFor from 'p-wait-for';
import { calledFirst } from '../lanes/graph.ts';
import { type LaneRow, renderLanes, traceLanes } from '../lanes/lane-table.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import { probe } from '../lanes/probe.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import type { Images } from './images.ts';
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

/** Namespaces, versions, then routes; the called before the callers. */
export function deployLanes(settings: DeploySettings): Step[] {
  const { lanes } = settings;
  refuseNames(lanes);
  const namespaces = [...new Set(lanes.services.map(({ namespace }) => namespace))];
  const services = calledFirst(lanes);
  return [
    ...namespaces.map((namespace) => namespaceStep(settings, namespace)),
    ...services.map((service) => versionsStep(settings, service)),
    ...services.map((service) => routesStep(settings, service)),
  ];
}

/** @throws Failure where a version has a name that none can have on a cluster, with its place in the file */
function refuseNames({ services }: Lanes): void {
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
      const done = await Promise.allSettled(
        service.versions.map((version) => {
          const { wait, ...settings } = settingsOf(lanes, service, version);
          const args = [
            ...(wait ? ['--wait', '--timeout', `${timeoutSeconds}s`] : []),
            ...valuesOf(settings),
          ];
          const variables = variablesOf({ service, version: version.name, timeoutSeconds });
          return cluster.script('pods', args, {
            ...variables,
            IMAGE: imageOf(images, service, version),
          });
        }),
      );
      const failed = done.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      shell.signal.throwIfAborted();
      if (failed.length > 0) throw new Failure(failed.map((error: Error) => error.message).join('\n\n'));
    },
  };
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
        .filter((state) => state.service === service.name && state.subset)
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

/** Asks the gateway in every colour until all answers obey the law; `show` gets the table, right or wrong. */
export function tryColors(lanes: Lanes, url: () => string, show: (table: string) => void): Step {
  return {
    title: 'A request in each colour through the gateway',
    run: async (shell: Shell) => {
      shell.say(`$ curl -H '${lanes.header}: …' ${url()}`);
      if (shell.dryRun) return;
      let rows: LaneRow[] = [];
      const obeyed = async () => {
        rows = await traceLanes(lanes, (question) => probe({ url: url(), header: lanes.header }, question));
        return !rows.some(({ offence }) => offence);
      };
      const timeout = {
        milliseconds: 30_000,
        fallback: () => {
          throw new Failure(`Not every answer obeys the law:\n\n${renderLanes(lanes, rows)}`);
        },
      };
      try {
        await pWaitFor(obeyed, { interval: 500, timeout, signal: shell.signal });
      } finally {
        show(renderLanes(lanes, rows));
      }
    },
  };
}
