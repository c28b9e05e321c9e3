/** How a version's process is started on this computer: its command, its environment, and how one sees it ready. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callEnvironment, proxyEnvironment, versionEnvironment } from '../lanes/environment.ts';
import type { LaneService, Lanes, LaneVersion } from '../lanes/lanes.ts';
import type { CommandRun, StandIn } from '../lanes/model.ts';
import { joinedProgram } from '../runtime/prepared.ts';
import { projectFile, projectProgram } from '../runtime/project.ts';
import type { WayOut } from './way-out.ts';

export interface Launch {
  command: string;
  args: readonly string[];
  /** Default: that of this process. */
  dir?: string;
  env: Readonly<Record<string, string>>;
  /** Path that answers below 400 once it is ready; undefined: it is ready when its port accepts connections. */
  readyPath: string | undefined;
  /** It knows the channel to its parent and ends when that closes; what does not is ended by a guard. */
  endsWithParent: boolean;
}

const preload = projectFile('runtime/exit-with-parent.cjs');

/** A Node program that answers /readyz as those of this kit do. @param program its file */
export function nodeLaunch(program: string, env: Readonly<Record<string, string>>): Launch {
  return {
    command: process.execPath,
    args: ['--require', preload, program],
    env,
    readyPath: '/readyz',
    endsWithParent: true,
  };
}

/** A program of this kit. @param path from the project's root, without its extension */
export function kitLaunch(path: string, env: Readonly<Record<string, string>>): Launch {
  return nodeLaunch(joinedProgram(path, { ...process.env, ...env }) ?? projectProgram(path), env);
}

export function standInLaunch(program: StandIn, env: Readonly<Record<string, string>>): Launch {
  return kitLaunch(`services/${program}/main`, env);
}

/** A program of one's own. */
export function commandLaunch(run: CommandRun, env: Readonly<Record<string, string>>): Launch {
  const [command, args] = commandLine(run.command);
  return {
    command,
    args,
    dir: run.dir,
    env: mentions(run.command, 'java') ? { ...env, JAVA_TOOL_OPTIONS: javaOptions(env) } : env,
    readyPath: run.ready,
    endsWithParent: false,
  };
}

/** The environment of this process, and what makes it that version, behind that sidecar. */
export function localEnvironment(
  lanes: Lanes,
  service: LaneService,
  version: LaneVersion,
  { proxyUrl, urlOf }: Pick<WayOut, 'proxyUrl'> & Partial<WayOut>,
): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    // What this computer calls through a proxy of its own is no affair of the mesh.
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(https?|no|all)_proxy$/i.test(entry[0]),
  );
  return {
    // Where Node keeps it by default: the second start is quicker for it.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    ...(version.run.type === 'stand-in' && { LOG_LEVEL: 'warn' }),
    ...Object.fromEntries(inherited),
    HOST: '127.0.0.1',
    // No other computer has to learn first that this process is leaving.
    ...(version.run.type === 'stand-in' && { DRAIN_DELAY_MS: '0' }),
    ...proxyEnvironment(proxyUrl),
    ...withInherited(versionEnvironment(lanes, service, version, urlOf)),
  };
}

/** Hosts that whoever starts it counts among the mesh too. */
function withInherited(env: Record<string, string>): Record<string, string> {
  const { IN_MESH: more } = process.env;
  return env.IN_MESH && more ? { ...env, IN_MESH: `${env.IN_MESH},${more}` } : env;
}

/** What a program has to know to call through its sidecar. */
export function wayOutEnvironment(
  lanes: Lanes,
  { service, version, wayOut }: { service: LaneService; version: LaneVersion; wayOut: WayOut },
): Record<string, string> {
  const calls = callEnvironment(lanes, service, version, wayOut.urlOf);
  return { ...proxyEnvironment(wayOut.proxyUrl), ...calls };
}

/** Java knows no such variables, but every JVM reads this one. */
function javaOptions(env: Readonly<Record<string, string>>): string {
  const proxy = new URL(env.HTTP_PROXY ?? '');
  const options = [`-Dhttp.proxyHost=${proxy.hostname}`, `-Dhttp.proxyPort=${proxy.port}`];
  return [...(env.JAVA_TOOL_OPTIONS ? [env.JAVA_TOOL_OPTIONS] : []), ...options].join(' ');
}

function mentions(command: CommandRun['command'], program: string): boolean {
  const words = typeof command === 'string' ? command.split(/\s+/) : command;
  return words.some((word) => word === program || word.endsWith(`/${program}`));
}

/** Program and arguments; a line with anything in it that means something to a shell goes to the shell. */
function commandLine(command: CommandRun['command']): [string, readonly string[]] {
  if (typeof command !== 'string') return [command[0] as string, command.slice(1)];
  if (/["'`$&|;<>()*?[\]{}~\\#\n]|^\w+=/.test(command)) return ['/bin/sh', ['-c', command]];
  const [program = '', ...args] = command.trim().split(/\s+/);
  return [program, args];
}
