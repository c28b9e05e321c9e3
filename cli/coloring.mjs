#!/usr/bin/env node
// The door to all commands. Plain JavaScript, so that a Node that cannot run TypeScript can still say so.
import module from 'node:module';

if (process.platform === 'win32') {
  console.error(
    'On Windows this runs inside WSL, where Node, signals and shells are those of Linux: ' +
      'https://learn.microsoft.com/windows/wsl/install. Then, in a Linux terminal: npm ci && npm start',
  );
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (!runsTypeScript) {
  console.error(
    `This is Node ${process.versions.node}, which cannot run TypeScript as it is: 22.18 or newer can. ` +
      'Either let npm bring Node 24 into node_modules: npm ci --ignore-scripts=false. Or install a newer Node: https://nodejs.org',
  );
  process.exit(1);
}
// `node-version` asks no more than that; npm test does, before vitest starts.
if (process.argv[2] !== 'node-version') {
  module.enableCompileCache();
  const { endWithItsReader } = await import('../runtime/reader.ts');
  endWithItsReader();
  const { run } = await import('./main.ts');
  process.exitCode = await run(process.argv.slice(2));
}
