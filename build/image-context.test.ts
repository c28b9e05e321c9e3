/** What Docker is given to build an image of: .dockerignore lets a few folders through, and the Dockerfile copies them. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { programs } from './bundle.ts';

const root = resolve(import.meta.dirname, '..');
const lines = async (file: string) => (await readFile(join(root, file), 'utf8')).split('\n');

it('the folders that the Dockerfile copies come through .dockerignore, and are enough to build the services', async () => {
  const allowed = (await lines('.dockerignore')).flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);
  const copied = (await lines('Dockerfile')).flatMap(
    (line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? [],
  );
  expect(allowed.sort()).toEqual(copied.sort());

  const context = await mkdtemp(join(tmpdir(), 'context-'));
  try {
    for (const name of copied) await cp(join(root, name), join(context, name), { recursive: true });
    await symlink(join(root, 'node_modules'), join(context, 'node_modules'));
    for (const program of programs) {
      const args = ['build/bundle.ts', program, 'dist'];
      await promisify(execFile)(process.execPath, args, { cwd: context });
      expect(await readFile(join(context, `dist/${program}.mjs`), 'utf8')).not.toMatch(/from ?["']\.{1,2}\//);
    }
  } finally {
    await rm(context, { recursive: true });
  }
});
