/** Lanes as the map shows them, wherever they run. */
import { callOrder, entries } from '../../lanes/graph.ts';
import { type LaneService, type Lanes, type LaneVersion, laneNames } from '../../lanes/lanes.ts';
import { tellingColors } from '../../lanes/law.ts';
import type { LanesView, Mark, ServiceView, VersionView } from '../protocol.ts';
import type { Rulings } from './rulings.ts';

/** How the processes of a version are, and what can be made of them. */
export type Running = Pick<VersionView, 'ready' | 'total' | 'state' | 'control' | 'controls' | 'computer'>;

export interface LanesViewInput {
  lanes: Lanes;
  /** Its name; absent: it is the one of this computer. */
  mesh?: string;
  /** Where requests come in, if that is known. */
  gateway?: string;
  /** Why the mesh cannot be read at the moment. */
  silence?: string;
  /** Callers whose proxies leave a version alone, where that is known. */
  ejectedBy?: (service: LaneService, version: LaneVersion) => readonly string[];
  runningOf: (service: LaneService, version: LaneVersion) => Running;
  rulings: Rulings;
}

export function lanesView(input: LanesViewInput): LanesView {
  const { lanes, mesh, gateway, silence, runningOf, rulings, ejectedBy } = input;
  const services = [...new Set(entries(lanes).flatMap((entry) => callOrder(lanes, entry)))];
  return {
    ...(mesh !== undefined && { mesh }),
    ...(gateway && { gateway: gateway.replace('127.0.0.1', 'localhost') }),
    ...(silence !== undefined && { silence }),
    header: lanes.header,
    ...(lanes.links && { links: linksOf(lanes, lanes.links.domain, rulings) }),
    colors: laneNames(lanes),
    telling: tellingColors(lanes).map((color) => color ?? null),
    services: services.map((service): ServiceView => {
      const { name, namespace, calls, entry, baseline, versions } = service;
      return {
        ...{ name, namespace, calls, entry, baseline },
        versions: versions.map((version) => {
          const running = runningOf(service, version);
          const marks = marksOf(service, version, running, rulings);
          const by = ejectedBy?.(service, version) ?? [];
          if (by.length > 0) marks.push({ type: 'ejected', by });
          return { name: version.name, ...running, marks };
        }),
        routesToNothing: rulings.routesToNothing(service),
      };
    }),
  };
}

function linksOf(lanes: Lanes, domain: string, rulings: Rulings): NonNullable<LanesView['links']> {
  return { domain, colors: laneNames(lanes).filter((color) => rulings.hasLink(color)) };
}

function marksOf(service: LaneService, { name }: LaneVersion, { ready }: Running, rulings: Rulings): Mark[] {
  const marks: Mark[] = [];
  if (ready === 0) marks.push({ type: 'not-ready', fallsBack: rulings.servedNow(service, name).length > 0 });
  if (!rulings.isRouted(service, name)) marks.push({ type: 'no-route' });
  // What has no colour may be spread over versions as one likes.
  const by = name === service.baseline ? [] : rulings.strangersFor(service, name);
  if (by.length > 0) marks.push({ type: 'wrong-lane', by });
  return marks;
}
