/** Which files hold rules, and what is in them. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeSystemError } from '../../runtime/system-error.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

/** Files and folders; of a folder its .yaml and .yml files, not those of folders in it. */
export type RulePaths = string | readonly string[];

/**
 * Paths of the files as of now, in order. A path that cannot be listed is itself among them: reading it says why.
 * @param except files that lie there and hold something else
 */
export async function ruleFiles(paths: RulePaths, except: readonly string[] = []): Promise<string[]> {
  const files = (await Promise.all([paths].flat().map(filesOf))).flat();
  const others = new Set(await Promise.all(except.map(whole)));
  if (others.size === 0) return files;
  const isRules = await Promise.all(files.map(async (file) => !others.has(await whole(file))));
  return files.filter((_, i) => isRules[i]);
}

/** What an export of a large cluster does not reach; reading more holds up all that is served for minutes. */
const maxBytes = 8 * 2 ** 20;

/** Reads them. A file that cannot be read is a problem, not an exception. */
export async function readRuleFiles(
  paths: RulePaths,
  except: readonly string[] = [],
): Promise<{ sources: Source[]; problems: Problem[] }> {
  const sources: Source[] = [];
  const problems: Problem[] = [];
  for (const file of await ruleFiles(paths, except)) {
    try {
      const kind = await stat(file);
      if (kind.isDirectory()) await readdir(file); // It could not be listed, and says why.
      if (!kind.isFile()) throw new Error('it is no regular file');
      if (kind.size > maxBytes)
        throw new Error(
          `it has ${(kind.size / 2 ** 20).toFixed(1)} MiB, and a file of rules ${maxBytes / 2 ** 20} at most; split it, or move it elsewhere where it is none`,
        );
      sources.push({ file, text: await readFile(file, 'utf8') });
    } catch (error) {
      const reason = describeSystemError(error)?.replace(`${file}: `, '') ?? (error as Error).message;
      problems.push({ file, line: 1, message: `cannot be read: ${reason}` });
    }
  }
  return { sources, problems };
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [path];
  return entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(path, entry.name))
    .sort();
}

/** The path without links, where there is such a file. */
function whole(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
