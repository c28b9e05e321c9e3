import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRuleFiles, ruleFiles } from './rule-files.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rule-files-'));
  for (const name of ['b.yaml', 'a.yml', 'lanes.yaml', 'notes.txt']) await writeFile(at(name), '');
});
afterEach(() => rm(folder, { recursive: true }));

it('lists the YAML of a folder in order, but for what holds something else', async () => {
  expect(await ruleFiles(folder)).toEqual([at('a.yml'), at('b.yaml'), at('lanes.yaml')]);
  await symlink(at('lanes.yaml'), at('link'));
  expect(await ruleFiles([folder, at('notes.txt')], [at('link'), '(text)'])).toEqual([
    at('a.yml'),
    at('b.yaml'),
    at('notes.txt'),
  ]);
});

it('reads what it can, and says of each other file why not', async () => {
  await promisify(execFile)('mkfifo', [at('pipe.yaml')]);
  const { sources, problems } = await readRuleFiles([folder, at('gone')]);
  expect(sources.map(({ file }) => file)).toEqual([at('a.yml'), at('b.yaml'), at('lanes.yaml')]);
  expect(problems).toEqual([
    { file: at('pipe.yaml'), line: 1, message: 'cannot be read: it is no regular file' },
    { file: at('gone'), line: 1, message: 'cannot be read: there is no such file or folder (ENOENT)' },
  ]);
});

it('reads no file that is too large for rules', async () => {
  await truncate(at('b.yaml'), 50 * 2 ** 20);
  expect((await readRuleFiles(at('b.yaml'))).problems).toEqual([
    {
      file: at('b.yaml'),
      line: 1,
      message:
        'cannot be read: it has 50.0 MiB, and a file of rules 8 at most; split it, or move it elsewhere where it is none',
    },
  ]);
});

it.skipIf(process.getuid?.() === 0)(
  'says whose permission is missing (not for root, who may read all)',
  async () => {
    await chmod(at('b.yaml'), 0);
    const { problems } = await readRuleFiles(folder);
    expect(problems).toMatchObject([{ file: at('b.yaml'), message: /permission denied/ }]);
  },
);
