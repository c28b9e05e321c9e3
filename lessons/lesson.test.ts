import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLesson, readLessons } from './lesson.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lesson-'));
  await mkdir(join(folder, '01-x'));
});
afterEach(() => rm(folder, { recursive: true }));

const read = async (check: string) => {
  await writeFile(join(folder, '01-x', 'check.yaml'), check);
  return readLesson('01-x', join(folder, '01-x'));
};

it('puts the text of a file where a step names it', async () => {
  await writeFile(join(folder, '01-x', 'more.yaml'), 'kind: VirtualService');
  const { check } = await read('title: x\nsteps:\n  - apply: more.yaml\n');
  expect(check.steps).toMatchObject([{ apply: 'kind: VirtualService', file: 'more.yaml' }]);
});

it('has the servers in front in the order of the steps, whichever file is read first', async () => {
  await writeFile(join(folder, '01-x', 'a.conf'), 'x'.repeat(1_000_000));
  await writeFile(join(folder, '01-x', 'b.conf'), 'b');
  const ask = (file: string) => `  - { from: nginx, nginx: ${file}, send: {}, expect: {} }\n`;
  const { fronts } = await read(`title: x\nsteps:\n${ask('a.conf')}${ask('b.conf')}${ask('a.conf')}`);
  expect(fronts.map(({ file }) => file)).toEqual(['a.conf', 'b.conf']);
});

it('names file and line of a step whose file is not there', async () => {
  await expect(read('title: x\nsteps:\n  - {}\n')).rejects.toThrow(/check\.yaml:3: steps\[0\]\.expect/);
  await expect(read('title: x\nsteps:\n  - { expect: {} }\n  - apply: gone.yaml\n')).rejects.toThrow(
    /check\.yaml:4: .* has no file "gone\.yaml" \(has: check\.yaml\)/,
  );
});

it('names file and line of what the format does not know', async () => {
  await expect(read('title: x\nsteps:\n  - { expect: { trial: [a] } }\n')).rejects.toThrow(
    /check\.yaml:3: steps\[0\]\.expect\.trial: is not known here/,
  );
});

it('reads the lessons that are asked for, in their order, and names those that are near to another word', async () => {
  expect((await readLessons(['colour', '1'])).map(({ name }) => name)).toEqual([
    '01-deploying-is-not-releasing',
    '06-the-colour',
  ]);
  await expect(readLessons(['99'])).rejects.toThrow('there is no lesson 99: npm run lesson lists them');
  await expect(readLessons(['color'])).rejects.toThrow(
    'there is no lesson color; did you mean 06-the-colour?',
  );
});
