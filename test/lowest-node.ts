/** The very lowest Node that package.json promises to run on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };

export const lowestNode = packageJson.engines.node.replace('>=', '');

/** Installs it from the npm registry into a folder; resolves to the program. */
export async function installLowestNode(folder: string): Promise<string> {
  // what the package `node` installs by a script, which npm may be told not to run
  const name = `node-${process.platform}-${process.arch}`;
  const options = ['--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  await promisify(execFile)('npm', ['install', ...options, `${name}@${lowestNode}`]);
  return join(folder, 'node_modules', name, 'bin', 'node');
}
