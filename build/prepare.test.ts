import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { currentPrepared, keepPrepared, type Prepared, preparedFile } from '../runtime/prepared.ts';
import { projectFile } from '../runtime/project.ts';
import { prepare } from './prepare.ts';

const run = promisify(execFile);

/** In node_modules, as what it stands for: what is joined may still ask for a package. */
let at: string;
let programs: Prepared;
let page: Prepared;

beforeAll(async () => {
  await mkdir(projectFile('node_modules/.cache'), { recursive: true });
  at = await mkdtemp(projectFile('node_modules/.cache/prepare-test-'));
  await prepare(at);
  const [first, second] = [currentPrepared('programs', at), currentPrepared('page', at)];
  if (!first || !second) throw new Error('nothing that holds was prepared');
  [programs, page] = [first, second];
}, 60_000);
afterAll(() => rm(at, { recursive: true }));

describe('joined programs', () => {
  it('are made of the sources and of the packages that package.json names', () => {
    const inputs = Object.keys(programs.inputs);
    expect(inputs).toEqual(
      expect.arrayContaining(['cli/main.ts', 'mesh/mesh.ts', 'services/service-a/app.ts']),
    );
    for (const name of ['commander', 'zod', 'koa', 'axios'])
      expect(inputs.some((path) => path.startsWith(`node_modules/${name}/`))).toBe(true);
    // Only developers need it.
    expect(inputs.filter((path) => path.startsWith('node_modules/playwright-core/'))).toEqual([]);
  });
});

describe('the joined page', () => {
  it('is one module, and those that it loads later, each with a map to its sources', async () => {
    const main = preparedFile('page', page.files.main ?? '', at);
    expect(await readFile(main, 'utf8')).not.toMatch(/^import /m);
    const { sources } = JSON.parse(await readFile(`${main}.map`, 'utf8'));
    expect(sources.map((one: string) => one.replace(/.*\/map\/page\//, ''))).toContain('picture.ts');
    expect(Object.keys(page.files)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^uPlot.*\.mjs$/),
        expect.stringMatching(/^arrange-graph.*\.mjs$/),
      ]),
    );
  });

  it('was made of the sources that a browser would load one by one', () => {
    expect(Object.keys(page.inputs)).toEqual(
      expect.arrayContaining(['map/page/main.ts', 'map/page/picture.ts']),
    );
  });
});

it('what holds is left as it is; what no longer does is made anew, and what is long out of use goes', async () => {
  const [ofToday, ofYesterday] = ['of-today.mjs', 'of-yesterday.mjs'].map((name) =>
    preparedFile('page', name, at),
  );
  for (const file of [ofToday, ofYesterday]) await writeFile(file as string, '');
  await utimes(ofYesterday as string, 0, 0);
  // In use until now, whenever it was made.
  const inUse = preparedFile('page', 'in-use.mjs', at);
  await writeFile(inUse, '');
  await utimes(inUse, 0, 0);
  const outdated = { files: { main: 'in-use.mjs' }, inputs: { 'map/page/main.ts': 'of yesterday' } };
  await keepPrepared('page', outdated, at);
  await prepare(at);
  expect(currentPrepared('page', at)).toEqual(page);
  expect(currentPrepared('programs', at)).toEqual(programs);
  const left = await readdir(join(at, 'page'));
  expect(left).toEqual(expect.arrayContaining([...Object.values(page.files), 'of-today.mjs', 'in-use.mjs']));
  expect(left).not.toContain('of-yesterday.mjs');
});

it('fails where nothing can be written', async () => {
  await expect(prepare(join(at, 'page.json', 'below a file'))).rejects.toThrow(/ENOTDIR/);
});

describe('npm start', { timeout: 60_000 }, () => {
  const { NODE_OPTIONS: _, ...shell } = process.env;
  const env = { ...shell, NODE_DEBUG_NATIVE: 'COMPILE_CACHE', NODE_COMPILE_CACHE: '' };
  beforeAll(async () => {
    env.NODE_COMPILE_CACHE = join(at, 'compiled');
    await run(process.execPath, ['build/prepare.mjs'], { env });
  }, 60_000);

  it('loads joined programs alone, its versions too, and finds them compiled already at its first time', async () => {
    const { loaded, compiled } = await modulesOfStart(env);
    const others = loaded.filter((path) => !path.startsWith('node_modules/.cache/coloring/programs/'));
    expect(others.filter((path) => path !== 'cli/coloring.mjs' && !path.startsWith('runtime/'))).toEqual([]);
    expect(loaded.join('\n')).toContain('/services.service-a.main-');
    expect(compiled.join('\n')).toContain('/cli.commands.start-');
  });

  it('loads the sources where Node has options', async () => {
    const { loaded } = await modulesOfStart({ ...env, NODE_OPTIONS: '--no-warnings' });
    expect(loaded).toEqual(expect.arrayContaining(['cli/commands/start.ts', 'services/service-a/main.ts']));
    expect(loaded.filter((path) => path.startsWith('node_modules/.cache/'))).toEqual([]);
  });
});

/** Paths of the modules that it and its versions load, from the project's root. @param env in which Node tells of them */
async function modulesOfStart(env: NodeJS.ProcessEnv): Promise<{ loaded: string[]; compiled: string[] }> {
  const { stdout, stderr } = await run(
    process.execPath,
    ['cli/coloring.mjs', 'start', '--once', '--port', '0'],
    {
      env,
      maxBuffer: 100e6,
    },
  );
  const paths = (told: RegExp) => {
    const urls = [...`${stdout}${stderr}`.matchAll(told)].map(([, url = '']) => url);
    return [...new Set(urls)].map((url) => relative(projectFile('.'), fileURLToPath(url)));
  };
  return {
    loaded: paths(/reading cache from \S+ for ESM (file:\S+?)\.\.\./g),
    compiled: paths(/cache for ESM (file:\S+) was accepted/g),
  };
}
