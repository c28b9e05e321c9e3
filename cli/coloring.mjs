#!/usr/bin/env node
// The door to all commands. Plain JavaScript, so that a Node that cannot run TypeScript can still say so.
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This is Node ${process.versions.node}; TypeScript without a build needs 22.18 or newer. ` +
      'Allow npm to run install scripts (npm ci --ignore-scripts=false brings Node 24 into node_modules), or install a newer Node.',
  );
  process.exit(1);
}
if (process.argv[2] !== 'node-version') {
  module.enableCompileCache();
  await import('./main.ts');
}
