/** Everything in a cluster that lanes.yaml asks for, in the order that costs nobody a request. */

import pWaitFor from 'p-wait-for';
import { calledFirst } from '../lanes/graph.ts';
import { type LaneRow, renderLanes, traceLanes } from '../lanes/lane-table.ts';
import type { LaneService, Lanes } from '../lanes/lanes.ts';
import { probe } from '../lanes/probe.ts';
import { Failure } from '../runtime/failure.ts';
import type { Cluster } from './cluster.ts';
import type { Images } from './images.ts';
import { readLaneStates } from './lane-state.ts';
import { subjectOf } from './lane-steps.ts';
import { waitForProxies } from './proxies.ts';
import { nameProblem, routesRelease } from './release-names.ts';
import { deployVersion, routesValues, settingsOf, upgradeRoutes } from './releases.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

export interface DeploySettings {
  cluster: Cluster;
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

function namespaceStep({ cluster }: DeploySettings, namespace: string): Step {
  return {
    title: `Namespace ${namespace}`,
    run: async (shell) => {
      if ((await cluster.askKubectl(shell, ['get', 'namespace', namespace, '-o', 'name'])) === undefined) {
        await cluster.kubectl(shell, ['create', 'namespace', namespace]);
      }
      const label = ['label', 'namespace', namespace, 'istio-injection=enabled', '--overwrite'];
      await cluster.kubectl(shell, label);
    },
  };
}

function versionsStep(
  { cluster, lanes, images, timeoutSeconds }: DeploySettings,
  service: LaneService,
): Step {
  return {
    title: `${service.name}: ${service.versions.map(({ name }) => name).join(', ')}`,
    run: async (shell) => {
      const image = images.get(service.name) ?? images.get(service.standIn) ?? '';
      const done = await Promise.allSettled(
        service.versions.map((version) =>
          deployVersion(
            cluster,
            shell,
            service,
            version.name,
            settingsOf(lanes, service, version, image, timeoutSeconds),
          ),
        ),
      );
      const failed = done.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      shell.signal.throwIfAborted();
      if (failed.length > 0) throw new Failure(failed.map((error: Error) => error.message).join('\n\n'));
    },
  };
}

/** A version that has no subset yet gets it first, and its route when all proxies know it. */
function routesStep({ cluster, lanes, timeoutSeconds }: DeploySettings, service: LaneService): Step {
  return {
    title: `${routesRelease(service.name)}: Service, DestinationRule, VirtualService, fallback`,
    run: async (shell) => {
      const states = (await readLaneStates(cluster, shell, service.namespace)) ?? [];
      const own = states.filter((state) => state.service === service.name);
      const fresh = own
        .filter(({ subset, deployment }) => deployment && !subset)
        .map(({ version }) => version);
      const values = routesValues(lanes, service);
      const isFirst = !own.some(({ subset }) => subset);
      if (fresh.length > 0 && !isFirst) {
        await upgradeRoutes(cluster, shell, service, { draining: fresh, exclude: [] }, values);
        for (const version of fresh) {
          await waitForProxies(cluster, shell, subjectOf(service, version), 'subset', timeoutSeconds);
        }
      }
      await upgradeRoutes(cluster, shell, service, { draining: [], exclude: [] }, values);
      const newest = fresh.find((version) => version !== service.baseline);
      if (newest) await waitForProxies(cluster, shell, subjectOf(service, newest), 'route', timeoutSeconds);
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
