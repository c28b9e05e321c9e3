import { mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStateSync } from './file-state.ts';
import {
  currentPrepared,
  keepPrepared,
  type Prepared,
  prepareInBackground,
  readPrepared,
} from './prepared.ts';
import { projectFile } from './project.ts';

let at: string;
let input: string;
beforeEach(async () => {
  at = await mkdtemp(join(tmpdir(), 'prepared-'));
  input = join(at, 'input.js');
  await writeFile(input, 'one');
});
afterEach(() => rm(at, { recursive: true }));

/** What was made of the input as it is. */
function made(main = 'main-1.mjs'): Prepared {
  const inputs = { [relative(projectFile('.'), input)]: fileStateSync(input) };
  return { files: { main }, inputs };
}

describe('what was prepared', () => {
  it('holds while its inputs are as they were', async () => {
    await keepPrepared('page', made(), at);
    expect(currentPrepared('page', at)).toEqual(made());
    expect(currentPrepared('programs', at)).toBe(undefined);
  });

  it('holds no longer when one was edited, though its length and time of modification stay', async () => {
    await writeFile(join(at, 'edited.js'), 'two');
    for (const file of [input, join(at, 'edited.js')]) await utimes(file, 0, 0);
    await keepPrepared('page', made(), at);
    await rename(join(at, 'edited.js'), input);
    expect(currentPrepared('page', at)).toBe(undefined);
    expect(readPrepared('page', at)).toBeDefined();
  });

  it('nor when one is gone', async () => {
    await keepPrepared('page', made(), at);
    await rm(input);
    expect(currentPrepared('page', at)).toBe(undefined);
  });

  it('is nothing where what says so is no JSON', async () => {
    await writeFile(join(at, 'page.json'), '{"folder":');
    expect(currentPrepared('page', at)).toBe(undefined);
  });

  it('is whole when several keep it at once', async () => {
    const all = Array.from({ length: 20 }, (_, i) => made(`main-${i}.mjs`));
    const readers = all.map(async (one) => {
      await keepPrepared('page', one, at);
      return JSON.parse(await readFile(join(at, 'page.json'), 'utf8')).files.main;
    });
    const names = all.map(({ files }) => files.main);
    for (const name of await Promise.all(readers)) expect(names).toContain(name);
  });
});

it('is made anew in the background, for the next start', { timeout: 60_000 }, async () => {
  await keepPrepared('programs', made('cli-1.mjs'), at);
  prepareInBackground(at);
  const main = () => currentPrepared('page', at)?.files.main;
  await expect.poll(main, { timeout: 60_000 }).toMatch(/^main-/);
  expect(currentPrepared('programs', at)).toEqual(made('cli-1.mjs'));
});
