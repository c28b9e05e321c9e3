/**
 * Joins modules for what starts from the sources (runtime/prepared.ts): hundreds of files of this project and of packages
 * become a few for its programs, and those of the map's page become what a browser asks for at once. `npm ci` does it, and
 * `npm start` once its table is there, where something of it has changed since.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { type InputOptions, type Plugin, rolldown } from 'rolldown';
import { fileStateSync } from '../runtime/file-state.ts';
import {
  currentPrepared,
  joinedProgram,
  keepPrepared,
  type Prepared,
  type PreparedKind,
  preparedFile,
  preparedFolder,
  readPrepared,
} from '../runtime/prepared.ts';
import { projectFile } from '../runtime/project.ts';

const root = projectFile('.');
/** Who runs still may load from what was before. */
const keptMs = 24 * 3_600_000;

/** Makes what is not there, or no longer holds. @param at where it is kept */
export async function prepare(at = preparedFolder): Promise<void> {
  await mkdir(at, { recursive: true });
  // It says which packages there are.
  const inputs = { 'package.json': fileStateSync(projectFile('package.json')) };
  if (!currentPrepared('programs', at)) await joinModules('programs', await programs(at), inputs, at);
  if (!currentPrepared('page', at)) await joinModules('page', page, inputs, at);
}

/** What `npm start` loads. */
const loadedAtStart = ['cli/main', 'cli/commands/start', 'map/local/open', 'services/several'];

/** Loads that, so that already the first start finds it in Node's compile cache. */
export async function compileStart(): Promise<void> {
  for (const path of loadedAtStart) {
    const file = joinedProgram(path);
    if (file) await import(file);
  }
}

const page: InputOptions = { input: { main: projectFile('map/page/main.ts') }, platform: 'browser' };

/**
 * The commands, and what they start, with all that they import of `dependencies`. What they import of other packages only
 * those need who change this project.
 */
async function programs(at: string): Promise<InputOptions> {
  const { dependencies } = JSON.parse(await readFile(projectFile('package.json'), 'utf8'));
  const isOwn = (id: string) => id.startsWith(root) && !id.includes('/node_modules/');
  const paths = [...loadedAtStart, 'services/service-a/main', 'services/service-b/main'];
  return {
    input: Object.fromEntries(paths.map((path) => [path, projectFile(`${path}.ts`)])),
    platform: 'node',
    external: (id, importer) =>
      importer !== undefined &&
      isOwn(importer) &&
      /^[@a-z]/.test(id) &&
      !isBuiltin(id) &&
      !(packageOf(id) in dependencies),
    plugins: [
      {
        name: 'places',
        transform(code, id) {
          if (id === projectFile('runtime/joined.ts')) return 'export const isJoined = true;';
          if (!isOwn(id) || !code.includes('import.meta.url')) return null;
          // Each stays where it lies in the project.
          const url = `new URL(${JSON.stringify(relative(join(at, 'programs'), id))}, import.meta.url).href`;
          return code.replaceAll('import.meta.url', url);
        },
      },
    ],
  };
}

/** `@scope/name/part` -> `@scope/name` */
function packageOf(id: string): string {
  return id.split('/', id.startsWith('@') ? 2 : 1).join('/');
}

/** @param more what they are made of besides modules, as of before it was read */
async function joinModules(
  kind: PreparedKind,
  options: InputOptions,
  more: Prepared['inputs'],
  at: string,
): Promise<void> {
  const dir = join(at, kind);
  await mkdir(dir, { recursive: true });
  const inputs: Record<string, string> = { ...more };
  const states: Plugin = {
    name: 'states',
    // Before it is read: a change at the same time is a change.
    load(id) {
      if (id.startsWith(root)) inputs[relative(root, id)] = fileStateSync(id);
    },
  };
  const build = await rolldown({ ...options, plugins: [states, options.plugins], logLevel: 'silent' });
  try {
    // A file that has not changed keeps its name, and so its place in Node's compile cache.
    const { output } = await build.generate({
      dir,
      entryFileNames: ({ name }) => `${name.replaceAll('/', '.')}-[hash].mjs`,
      chunkFileNames: '[name]-[hash].mjs',
      minify: kind === 'page',
      sourcemap: kind === 'page',
    });
    const files: Record<string, string> = {};
    for (const one of output) {
      files[one.type === 'chunk' && one.isEntry ? one.name : one.fileName] = one.fileName;
      await writeOnce(join(dir, one.fileName), one.type === 'chunk' ? one.code : one.source);
    }
    await removeOld(kind, Object.values(files), at);
    await keepPrepared(kind, { files, inputs }, at);
  } finally {
    await build.close();
  }
}

/** Whole or not at all: others may write the same file at this moment, or read it. */
async function writeOnce(file: string, content: string | Uint8Array): Promise<void> {
  if (existsSync(file)) return;
  const written = `${file}.${randomUUID()}`;
  await writeFile(written, content);
  await rename(written, file);
}

/** Removes what nobody has loaded from for a while. @param names of files that are about to be loaded from */
async function removeOld(kind: PreparedKind, names: readonly string[], at: string): Promise<void> {
  const now = new Date();
  for (const name of Object.values(readPrepared(kind, at)?.files ?? {}))
    await utimes(preparedFile(kind, name, at), now, now).catch(() => {});
  for (const name of await readdir(join(at, kind))) {
    if (names.includes(name)) continue;
    const file = preparedFile(kind, name, at);
    // Another one may be removing it too.
    const state = await stat(file).catch(() => undefined);
    if (state && state.mtimeMs < Date.now() - keptMs) await rm(file, { force: true });
  }
}
