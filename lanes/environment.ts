/** What tells a process which version of which service it is, and whom it calls: the same on every engine. */
import { meshHosts } from '../carry/in-mesh.ts';
import { calledBy } from './graph.ts';
import { otherHeader } from './header.ts';
import type { LaneService, Lanes, LaneVersion } from './lanes.ts';
import { authorityFrom } from './registry.ts';

/**
 * The environment of a version's process, without what only the place where it runs can know (port, proxy).
 * @param urlOf where it finds a service that it calls; default: by its name
 */
export function versionEnvironment(
  lanes: Lanes,
  service: LaneService,
  version: LaneVersion,
  urlOf = (called: LaneService) => `http://${authorityFrom(service.namespace, called)}`,
): Record<string, string> {
  const header = otherHeader(lanes);
  return {
    SERVICE_NAME: service.name,
    PROJECT_VERSION: version.name,
    ...(header !== undefined && { COLOR_HEADER: header }),
    ...(lanes.carrier !== 'header' && { COLOR_CARRIER: lanes.carrier }),
    ...callEnvironment(lanes, service, version, urlOf),
    ...version.env,
    ...(version.ready ? {} : { READY: 'false' }),
  };
}

/** Whom it calls: the stand-ins have variables of their own for it, any other program finds `API_URL`. */
export function callEnvironment(
  lanes: Lanes,
  service: LaneService,
  { run }: LaneVersion,
  urlOf: (called: LaneService) => string,
): Record<string, string> {
  const called = calledBy(lanes, service);
  if (run.type === 'stand-in') return standInCalls(service, called.map(urlOf));
  const urls = called.map((other): [string, string] => [urlVariable(other), urlOf(other)]);
  return { ...Object.fromEntries(urls), ...inMesh(urls.map(([, url]) => url)) };
}

/** What carry/ has to be told of where these are: nothing where all are names that it takes for in the mesh anyhow. */
function inMesh(urls: readonly string[]): { IN_MESH?: string } {
  const isInMesh = meshHosts();
  const others = urls.map((url) => new URL(url).host).filter((host) => !isInMesh(host));
  return others.length === 0 ? {} : { IN_MESH: ['default', ...others].join(',') };
}

function standInCalls({ parallel }: LaneService, urls: readonly string[]): Record<string, string> {
  const [first, ...others] = urls;
  if (first === undefined) return {};
  if (others.length === 0) return { SERVICE_B_URL: first };
  return { CALLS: urls.join(','), ...(parallel && { CALLS_PARALLEL: 'true' }) };
}

function urlVariable({ name }: LaneService): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_URL`;
}

/** What leads a program's calls by way of a proxy, as iptables does in a pod: its sidecar, or one that leads into a cluster. */
export function proxyEnvironment(proxyUrl: string): Record<string, string> {
  const direct = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: direct,
    no_proxy: direct,
    // Node's own fetch and http heed the variables above only then (22.21, 24.5 and newer).
    NODE_USE_ENV_PROXY: '1',
  };
}
