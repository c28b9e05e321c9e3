/** Tells when the files of a program changed, so that it can be started anew. */
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandRun } from '../lanes/model.ts';
import { type FileWatch, watchFiles } from '../runtime/file-watch.ts';

/** What nobody edits, and what would take long to look at. */
const leftOut = new Set(['node_modules', '.git', '.venv', '__pycache__', 'target']);

/** Files below `dir` that one of the globs of `watch` names. */
export function watchProgram({ dir, watch }: CommandRun, onChange: () => void): Promise<FileWatch> {
  return watchFiles(() => filesOf(dir, watch), onChange);
}

async function filesOf(dir: string, globs: readonly string[]): Promise<string[]> {
  const exclude = (path: string) => leftOut.has(path.split(/[\\/]/).at(-1) ?? '');
  const found = new Set<string>();
  for await (const path of glob([...globs], { cwd: dir, exclude })) found.add(join(dir, path));
  return [...found];
}
