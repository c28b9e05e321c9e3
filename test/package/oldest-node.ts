/** Which of the Nodes of this computer is the oldest that the package promises to run on. */
import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };

const run = promisify(execFile);
const lowest = packageJson.engines.node.replace('>=', '');

const compare = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

/** Looks along PATH; where there is none of the lowest, it is the one that runs this. */
export async function oldestNode(): Promise<{ path: string; version: string }> {
  const here = { path: process.execPath, version: process.versions.node };
  const others = (process.env.PATH ?? '').split(delimiter).map(async (folder) => {
    const path = join(folder, 'node');
    const { stdout } = await run(path, ['-p', 'process.versions.node']).catch(() => ({ stdout: '' }));
    return { path, version: stdout.trim() };
  });
  const found = (await Promise.all(others)).filter(({ version }) => version && compare(version, lowest) >= 0);
  return [here, ...found].sort((a, b) => compare(a.version, b.version))[0] ?? here;
}
