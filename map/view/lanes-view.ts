/** Lanes as the map shows them, wherever they run. */
import { callOrder, entries } from '../../lanes/graph.ts';
import { type LaneService, type Lanes, type LaneVersion, laneNames } from '../../lanes/lanes.ts';
import { tellingColors } from '../../lanes/law.ts';
import type { LanesView, Mark, ServiceView, VersionView } from '../protocol.ts';
import type { Rulings } from './rulings.ts';

/** How the processes of a version are, and what can be made of them. */
export type Running = Pick<VersionView, 'ready' | 'total' | 'state' | 'control' | 'controls'>;

export interface LanesViewInput {
  lanes: Lanes;
  /** For people: `local mesh`. */
  mesh: string;
  /** Where requests come in, if that is known. */
  gateway?: string;
  /** Why the mesh cannot be read at the moment. */
  silence?: string;
  runningOf: (service: LaneService, version: LaneVersion) => Running;
  rulings: Rulings;
}

export function lanesView({ lanes, mesh, gateway, silence, runningOf, rulings }: LanesViewInput): LanesView {
  const services = [...new Set(entries(lanes).flatMap((entry) => callOrder(lanes, entry)))];
  return {
    mesh,
    ...(gateway && { gateway: gateway.replace('127.0.0.1', 'localhost') }),
    ...(silence !== undefined && { silence }),
    header: lanes.header,
    ...(lanes.links && { linkDomain: lanes.links.domain }),
    colors: laneNames(lanes),
    telling: tellingColors(lanes).map((color) => color ?? null),
    services: services.map((service): ServiceView => {
      const { name, namespace, calls, entry, baseline, versions } = service;
      return {
        ...{ name, namespace, calls, entry, baseline },
        versions: versions.map((version) => {
          const running = runningOf(service, version);
          return { name: version.name, ...running, marks: marksOf(service, version, running, rulings) };
        }),
        routesToNothing: rulings.routesToNothing(service),
      };
    }),
  };
}

function marksOf(service: LaneService, { name }: LaneVersion, { ready }: Running, rulings: Rulings): Mark[] {
  const marks: Mark[] = [];
  if (ready === 0) marks.push({ type: 'not-ready', fallsBack: rulings.servedNow(service, name).length > 0 });
  if (!rulings.isRouted(service, name)) marks.push({ type: 'no-route' });
  return marks;
}
