/** Tells when the files of a program changed, so that it can be started anew. */
import type { CommandRun } from '../lanes/model.ts';
import { type FileWatch, watchFiles } from '../runtime/file-watch.ts';

/** What nobody edits, and what would take long to look at. */
const leftOut = ['node_modules', '.git', '.venv', '__pycache__', 'target'].map((name) => `**/${name}/**`);

/** Files below `dir` that one of the globs of `watch` names. */
export async function watchProgram({ dir, watch }: CommandRun, onChange: () => void): Promise<FileWatch> {
  // Few programs ask for it.
  const { glob } = await import('tinyglobby');
  return watchFiles(() => glob(watch, { cwd: dir, ignore: leftOut, absolute: true }), onChange);
}
