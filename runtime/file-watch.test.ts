import { spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FileWatch, watchFiles } from './file-watch.ts';

let home: string;
let folder: string;
let file: string;
let told: number;
let watch: FileWatch;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'file-watch-'));
  folder = join(home, 'folder');
  file = join(folder, 'a.yaml');
  await mkdir(folder);
  await writeFile(file, '1\n');
  told = 0;
  watch = await watchFiles(
    async () => (await readdir(folder).catch(() => [])).map((name) => join(folder, name)).concat(folder),
    () => told++,
  );
});
afterEach(async () => {
  watch.close();
  await rm(home, { recursive: true });
});

const toldTimes = (times: number) => expect.poll(() => told).toBeGreaterThanOrEqual(times);

it('tells of edits in a folder that was removed, made anew, renamed and put back', async () => {
  await rm(folder, { recursive: true });
  await toldTimes(1);
  await mkdir(folder);
  await writeFile(file, '2\n');
  await toldTimes(2);
  await rename(folder, join(home, 'away'));
  await toldTimes(3);
  await rename(join(home, 'away'), folder);
  await toldTimes(4);
  await writeFile(file, '3\n');
  await toldTimes(5);
});

it('tells of a new file, of one replaced by another, and of one that is gone', async () => {
  await writeFile(join(folder, 'b.yaml'), '\n');
  await toldTimes(1);
  await writeFile(join(home, 'new'), '2\n');
  await rename(join(home, 'new'), file);
  await toldTimes(2);
  await rm(file);
  await toldTimes(3);
});

it('tells once of many steps in a row', async () => {
  let before: number;
  let longestPause: number;
  // On a busy computer they may come so far apart that they are no row.
  do {
    before = told;
    longestPause = 0;
    for (let i = 0; i < 50; i++) {
      const began = performance.now();
      await appendFile(file, 'x\n');
      longestPause = Math.max(longestPause, performance.now() - began);
    }
    await toldTimes(before + 1);
    await wait(500);
  } while (longestPause > 100);
  expect(told).toBe(before + 1);
});

it.skipIf(process.platform !== 'linux')('waits for whoever is still writing', async () => {
  const writer = spawn('sh', ['-c', '(echo head; read more; echo tail) > "$0"', file], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  await wait(1_000);
  expect(told).toBe(0);
  writer.stdin.end('more\n');
  await toldTimes(1);
});

it('waits for the rest of a text that stops in the middle of a line', async () => {
  await writeFile(file, 'spec:\n  hosts: [serv');
  await wait(900);
  expect(told).toBe(0);
  await appendFile(file, 'ice-b]\n');
  await toldTimes(1);
  await writeFile(file, 'no more of it');
  await toldTimes(2);
});

it('is quiet once it is closed', async () => {
  watch.close();
  await writeFile(file, '2\n');
  await wait(500);
  expect(told).toBe(0);
});
