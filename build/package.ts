/**
 * Builds lib/, which the package holds in place of the sources, as Node runs no TypeScript in node_modules: JavaScript for
 * the lowest Node that package.json names, declarations of what others import, and the files that programs read by their
 * path. `npm pack` runs it (prepack).
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { projectFile } from '../runtime/project.ts';

const run = promisify(execFile);

/** What is read by its path: by git's patterns, whose * is of any depth. */
const readByPath = [
  'lanes.yaml',
  'istio/*.yaml',
  'gateway-api/*.yaml',
  'charts/*',
  'pipeline/*',
  'cluster/*.yaml',
  'lessons/*.yaml',
  'lessons/*.conf',
  'lessons/*.json',
  'lessons/*README*.md',
  'lessons/nginx.Dockerfile',
  'lanes/lint/README.md',
  'runtime/*.cjs',
  'map/page/*.html',
  'map/page/*.css',
  'map/page/*.svg',
  // Run in pods, by a Node that has types stripped.
  'check/agent/*.ts',
  ':!*.test.ts',
];

/** Rooms and commands for those who change this project. */
const forDevelopers = [
  ...['bench', 'build', 'conformance', 'fuzz', 'mesh/testing'],
  ...['bench', 'build', 'conform', 'fuzz'].map((command) => `cli/commands/${command}.js`),
];

const tsc = (...args: string[]) => run(projectFile('node_modules/.bin/tsc'), args);

/** Makes lib/ anew. @throws with what tsc says, where types are wrong */
export async function buildPackage(): Promise<void> {
  const lib = projectFile('lib');
  await rm(lib, { recursive: true, force: true });
  const types = ['-p', projectFile('build/declarations.json')];
  const page = ['-p', projectFile('build/page.json')];
  await Promise.all([['-p', projectFile('build')], types, page].map((args) => tsc(...args)));
  for (const path of forDevelopers) await rm(`${lib}/${path}`, { recursive: true });
  const { stdout } = await run('git', ['ls-files', '-z', '--', ...readByPath], { cwd: projectFile('.') });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(`${lib}/${file}`), { recursive: true });
    // The library chart of charts/lane is a link, which npm leaves out.
    await cp(projectFile(file), `${lib}/${file}`, { recursive: true, dereference: true });
  }
}

if (import.meta.main) await buildPackage();
