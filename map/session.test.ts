import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptSession } from './session.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'session-'));
  env = { XDG_STATE_HOME: folder };
});
afterEach(() => rm(folder, { recursive: true }));

it('is the same at the next start, one for each port, for this user alone', async () => {
  const session = await keptSession(8090, env);
  expect(session).toMatch(/^[\w-]{32}$/);
  expect(await keptSession(8090, env)).toBe(session);
  expect(await keptSession(8091, env)).not.toBe(session);
  const { mode } = await stat(join(folder, 'coloring', 'map-8090'));
  expect(mode & 0o777).toBe(0o600);
});

it.skipIf(process.platform === 'win32')('is not believed where others could have written it', async () => {
  const session = await keptSession(8090, env);
  await chmod(join(folder, 'coloring', 'map-8090'), 0o644);
  expect(await keptSession(8090, env)).not.toBe(session);
});

it('is a new one where nothing can be kept', async () => {
  await writeFile(join(folder, 'file'), '');
  const session = await keptSession(8090, { XDG_STATE_HOME: join(folder, 'file') });
  expect(session).toMatch(/^[\w-]{32}$/);
  expect(await readdir(folder)).toEqual(['file']);
});
