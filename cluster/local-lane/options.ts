/** What `coloring lane local` is told, and what it tells the process. */
import { proxyEnvironment, versionEnvironment } from '../../lanes/environment.ts';
import type { Forward } from '../../relay/computer/index.ts';
import type { LaneTarget } from '../lane-steps.ts';

export interface LocalLaneOptions {
  target: LaneTarget;
  /** Of the process, on this computer. */
  port: number;
  /** Asked of the process; undefined: what the baseline's probe asks; false: nothing, its port is enough. */
  readyPath?: string | false;
  /** How long an answer may take; undefined: the relay's own measure. */
  hangMs?: number;
  /** Empty: the process is started by hand, in a debugger say. */
  command: readonly string[];
  /** Ports of this computer that lead into the cluster. */
  forwards: readonly Forward[];
  /** False: no request comes here, the process only calls. */
  isRouted: boolean;
  /** The process's calls to every host go by way of the cluster. */
  proxyAll: boolean;
  /** Given to the process, over everything else. */
  env: Readonly<Record<string, string>>;
  /** The process gets the environment of the baseline's Deployment. */
  envFromBaseline: boolean;
  /** Of the relay; undefined: built. */
  relayImage?: string;
  baseImage: string;
  /** The relay ends so long after it has lost its computer. */
  ttlSeconds: number;
  dryRun: boolean;
  /** Gets what there is to say of the lane, a line each. */
  say: (line: string) => void;
  /** Ctrl-C. */
  signal: AbortSignal;
  /** The next one. */
  now: AbortSignal;
}

/**
 * What the process is told beside this computer's own environment: of the baseline, of the lanes file, of the proxy, `env`; later ones override earlier ones.
 * @param fromBaseline of the baseline's Deployment
 * @param proxyUrl of the way into the cluster
 */
export function processEnvironment(
  { target, port, env }: Pick<LocalLaneOptions, 'target' | 'port' | 'env'>,
  fromBaseline: Readonly<Record<string, string>>,
  proxyUrl: string,
): Record<string, string> {
  // Programs read HTTP_PROXY or http_proxy: who gives one of them means both.
  const proxy = Object.entries(proxyEnvironment(proxyUrl)).map(([name, value]) => [
    name,
    env[name] ?? env[name.toUpperCase()] ?? env[name.toLowerCase()] ?? value,
  ]);
  return {
    ...fromBaseline,
    ...versionOf(target),
    PORT: String(port),
    ...Object.fromEntries(proxy),
    ...env,
  };
}

/** Which version of which service it is, and whom it calls: what the baseline's process is told of the lanes file. */
function versionOf({ lanes, service, version }: LaneTarget): Record<string, string> {
  const like = service.versions.find(({ name }) => name === service.baseline);
  if (!like) return { SERVICE_NAME: service.name, PROJECT_VERSION: version };
  return versionEnvironment(lanes, service, { ...like, name: version, ready: true });
}
