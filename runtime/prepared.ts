/**
 * What build/prepare.ts has joined, so that there are fewer modules to load: the programs that start from the sources, and
 * the page of the map. It holds for as long as none of the files changed that it was made of. Whoever finds nothing that
 * holds loads those files themselves, which takes longer and does the same.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileStateSync } from './file-state.ts';
import { isJoined } from './joined.ts';
import { isPackage, projectFile } from './project.ts';

/** `programs`: for Node; `page`: for a browser. */
export type PreparedKind = 'programs' | 'page';

export interface Prepared {
  /** What each file is asked for by -> its name, which says its content too ({@link preparedFile}). */
  files: Readonly<Record<string, string>>;
  /** What they were made of: path from the project's root -> state when it was read. */
  inputs: Readonly<Record<string, string>>;
}

/** In node_modules: nobody commits it, and every `npm ci` makes it anew. */
export const preparedFolder = projectFile('node_modules/.cache/coloring');

/** A file of what there is. @param name as {@link Prepared} says it */
export function preparedFile(kind: PreparedKind, name: string, at = preparedFolder): string {
  return join(at, kind, name);
}

/** What there is, whether it still holds or not; undefined: nothing. @param at where it is looked for */
export function readPrepared(kind: PreparedKind, at = preparedFolder): Prepared | undefined {
  try {
    return JSON.parse(readFileSync(join(at, `${kind}.json`), 'utf8'));
  } catch {
    return undefined;
  }
}

/** What there is and holds. */
export function currentPrepared(kind: PreparedKind, at = preparedFolder): Prepared | undefined {
  const prepared = readPrepared(kind, at);
  if (!prepared) return undefined;
  const root = projectFile('.');
  const inputs = Object.entries(prepared.inputs);
  return inputs.every(([path, state]) => fileStateSync(join(root, path)) === state) ? prepared : undefined;
}

/** From now on this is what there is. Whoever reads at the same time finds this or what was before, whole. */
export async function keepPrepared(
  kind: PreparedKind,
  prepared: Prepared,
  at = preparedFolder,
): Promise<void> {
  const written = join(at, `${kind}-${randomUUID()}.json`);
  await writeFile(written, JSON.stringify(prepared));
  await rename(written, join(at, `${kind}.json`));
}

/** For so long nobody looks again whether the programs hold: a start asks for each of its versions. */
const freshMs = 2_000;
let looked: { programs: Prepared | undefined; at: number } | undefined;

/**
 * A program in its joined form, absolute; undefined: there is none that holds. Nor is there one where Node has options:
 * who debugs, traces or measures looks at the sources.
 * @param path from the project's root, without its extension
 * @param env of the program
 */
export function joinedProgram(path: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (process.execArgv.length > 0 || env.NODE_OPTIONS) return undefined;
  const now = performance.now();
  if (!looked || now - looked.at > freshMs) {
    // Whoever started this one, a moment ago, has looked.
    const look = isJoined && now < freshMs ? readPrepared : currentPrepared;
    looked = { programs: look('programs'), at: now };
  }
  const name = looked.programs?.files[path];
  return name && preparedFile('programs', name);
}

/** Remakes what no longer holds, for the next start; at a low priority, and no longer than this process lives. */
export function prepareInBackground(at = preparedFolder): void {
  if (isPackage || (currentPrepared('programs', at) && currentPrepared('page', at))) return;
  const preload = projectFile('runtime/exit-with-parent.cjs');
  const args = ['--require', preload, projectFile('build/prepare.mjs'), at];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  // Without it the next start is a slow one too.
  child.once('error', () => {});
  child.unref();
  child.channel?.unref();
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
}
