/** The lanes that run here, as the map shows them. */
import { callOrder, entries } from '../../lanes/graph.ts';
import { laneNames } from '../../lanes/lanes.ts';
import { tellingColors } from '../../lanes/law.ts';
import type { LocalLanes, Replica } from '../../local/local-lanes.ts';
import type { ProcessChange } from '../../local/version-process.ts';
import type { LanesView, Mark, ServiceView, VersionState, VersionView } from '../protocol.ts';
import type { Controls } from './controls.ts';
import type { Rulings } from './rulings.ts';

export interface LanesViewInput {
  local: LocalLanes;
  states: ReadonlyMap<Replica, ProcessChange['type']>;
  rulings: Rulings;
  controls: Controls;
}

export function lanesView({ local, states, rulings, controls }: LanesViewInput): LanesView {
  const { lanes, mesh, replicas } = local;
  const services = [...new Set(entries(lanes).flatMap((entry) => callOrder(lanes, entry)))];
  return {
    mesh: 'local mesh',
    gateway: mesh.gateway.url.replace('127.0.0.1', 'localhost'),
    header: lanes.header,
    ...(lanes.links && { linkDomain: lanes.links.domain }),
    colors: laneNames(lanes),
    telling: tellingColors(lanes).map((color) => color ?? null),
    services: services.map((service): ServiceView => {
      const { name, namespace, calls, entry, baseline, versions } = service;
      return {
        name,
        namespace,
        calls,
        entry,
        baseline,
        versions: versions.map((version) => {
          const own = replicas.filter((replica) => replica.version === version);
          const view = versionState(own, states);
          const marks: Mark[] = [];
          if (view.ready === 0)
            marks.push({ type: 'not-ready', fallsBack: rulings.servedNow(service, version.name).length > 0 });
          if (!rulings.isRouted(service, version.name)) marks.push({ type: 'no-route' });
          const control = { control: controls.of(version), controls: controls.possible(version) };
          return { name: version.name, ...view, ...control, marks };
        }),
        routesToNothing: rulings.routesToNothing(service),
      };
    }),
  };
}

function versionState(
  replicas: readonly Replica[],
  states: LanesViewInput['states'],
): Pick<VersionView, 'ready' | 'total' | 'state'> {
  const ready = replicas.filter(
    ({ process, version, withheld }) => process.ready && version.ready && !withheld,
  ).length;
  return {
    ready,
    total: replicas.length,
    state: stateOf(
      ready,
      replicas.map((replica) => states.get(replica)),
    ),
  };
}

function stateOf(ready: number, told: readonly (ProcessChange['type'] | undefined)[]): VersionState {
  if (ready > 0) return 'ready';
  if (told.length === 0 || told.every((type) => type === 'halted')) return 'stopped';
  if (told.some((type) => type === undefined || type === 'starting' || type === 'restarting'))
    return 'starting';
  return told.includes('died') ? 'dead' : 'unready';
}
