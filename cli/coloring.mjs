#!/usr/bin/env node
// The door to all commands. Plain JavaScript, so that a Node that cannot run TypeScript can still say so.
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';

if (process.platform === 'win32') {
  console.error(
    'On Windows this runs inside WSL, where Node, signals and shells are those of Linux: ' +
      'https://learn.microsoft.com/windows/wsl/install. Then, in a Linux terminal: npm ci && npm start',
  );
  process.exit(1);
}

// A checkout runs its TypeScript as it is; the package has JavaScript built of it (build/package.ts).
const isCheckout = existsSync(new URL('main.ts', import.meta.url));
const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const lowest = engines.node.replace('>=', '');
const [major, minor] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (isCheckout && !runsTypeScript) {
  console.error(
    `This is Node ${process.versions.node}, which cannot run TypeScript as it is: 22.18 or newer can. ` +
      'Either let npm bring Node 24 into node_modules: npm ci --ignore-scripts=false. Or install a newer Node: https://nodejs.org',
  );
  process.exit(1);
}
if (process.versions.node.localeCompare(lowest, 'en', { numeric: true }) < 0) {
  console.error(`This is Node ${process.versions.node}; it needs ${lowest} or newer: https://nodejs.org`);
  process.exit(1);
}
// `node-version` asks no more than that; npm test does, before vitest starts.
if (process.argv[2] !== 'node-version') {
  module.enableCompileCache?.();
  const [root, ending] = isCheckout ? ['..', 'ts'] : ['../lib', 'js'];
  await import(`${root}/runtime/es2024.${ending}`);
  const { endWithItsReader } = await import(`${root}/runtime/reader.${ending}`);
  endWithItsReader();
  const { joinedProgram } = await import(`${root}/runtime/prepared.${ending}`);
  const { run } = await import(joinedProgram('cli/main') ?? `${root}/cli/main.${ending}`);
  process.exitCode = await run(process.argv.slice(2));
}
