/** What runs for a version on this computer, put together from what its service and the version itself say. */
import { dirname, join } from 'node:path';
import { type Run, type StandIn, standIns } from './model.ts';
import type { WrittenRun, WrittenService, WrittenVersion } from './schema.ts';

/** The stand-in that `run` names, if it names one. */
export function namedStandIn(run: WrittenRun | undefined): StandIn | undefined {
  return standIns.find((name) => name === run?.command);
}

/**
 * A version's own `run` or `url` counts before its service's; its `run` may be a part, such as another `dir`.
 * @param file the lanes file, from whose folder each `dir` is seen
 */
export function runOf(
  service: WrittenService,
  version: WrittenVersion,
  standIn: StandIn,
  file: string,
): { run: Run; env: Readonly<Record<string, string>> } {
  const url = version.url ?? (version.run ? undefined : service.url);
  if (url) return { run: { type: 'url', ...url }, env: {} };
  const written: WrittenRun = { ...service.run, ...version.run };
  const env = { ...service.run?.env, ...version.run?.env };
  const program = namedStandIn(written);
  if (program || written.command === undefined)
    return { run: { type: 'stand-in', program: program ?? standIn }, env };
  return {
    run: {
      type: 'command',
      command: written.command,
      dir: join(dirname(file), written.dir ?? '.'),
      ...(written.ready !== undefined && { ready: written.ready }),
      watch: written.watch ?? [],
    },
    env,
  };
}
