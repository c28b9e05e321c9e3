/** What tells a process which version of which service it is, and whom it calls: the same on every engine. */
import { calledBy } from './graph.ts';
import { otherHeader } from './header.ts';
import type { LaneService, Lanes, LaneVersion } from './lanes.ts';
import { authorityFrom } from './registry.ts';

/** The environment of a version's process, without what only the place where it runs can know (port, proxy). */
export function versionEnvironment(
  lanes: Lanes,
  service: LaneService,
  version: LaneVersion,
): Record<string, string> {
  const header = otherHeader(lanes);
  return {
    SERVICE_NAME: service.name,
    PROJECT_VERSION: version.name,
    ...(header !== undefined && { COLOR_HEADER: header }),
    ...callEnvironment(lanes, service, version),
    ...version.env,
    ...(version.ready ? {} : { READY: 'false' }),
  };
}

/** Where it finds those that it calls. */
function callEnvironment(lanes: Lanes, service: LaneService, version: LaneVersion): Record<string, string> {
  const called = calledBy(lanes, service);
  if (version.run.type === 'stand-in') return standInCalls(service, called);
  return Object.fromEntries(called.map((other) => [urlVariable(other), urlFrom(service, other)]));
}

function standInCalls(service: LaneService, called: readonly LaneService[]): Record<string, string> {
  const [first, ...others] = called.map((other) => urlFrom(service, other));
  if (first === undefined) return {};
  if (others.length === 0) return { SERVICE_B_URL: first };
  return { CALLS: [first, ...others].join(','), ...(service.parallel && { CALLS_PARALLEL: 'true' }) };
}

/** The variable by which a program of one's own finds a service: `API_URL`. */
function urlVariable({ name }: LaneService): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_URL`;
}

function urlFrom({ namespace }: LaneService, called: LaneService): string {
  return `http://${authorityFrom(namespace, called)}`;
}
