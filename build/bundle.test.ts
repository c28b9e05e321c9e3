import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../services/testing/processes.ts';
import { bundle, programs } from './bundle.ts';
import { prepareCompileCache } from './compile-cache.ts';

describe('bundles', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bundle-'));
    await Promise.all(programs.map((program) => bundle(program, folder)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are one file each', async () => {
    expect((await readdir(folder)).sort()).toEqual(['relay.mjs', 'service-a.mjs', 'service-b.mjs']);
  });

  it('answer as the services do, far from any node_modules', async () => {
    await using b = await startService('service-b', { PROJECT_VERSION: 'release-v3' }, [
      join(folder, 'service-b.mjs'),
    ]);
    await using a = await startService('service-a', { SERVICE_B_URL: b.url }, [
      join(folder, 'service-a.mjs'),
    ]);
    const response = await fetch(a.url, {
      headers: { accept: 'application/json', 'project-version': 'release-v3' },
    });
    expect(await response.json()).toEqual({
      color: 'release-v3',
      trail: [
        { service: 'service-a', version: 'release', color: 'release-v3', path: '/' },
        { service: 'service-b', version: 'release-v3', color: 'release-v3', path: '/' },
      ],
    });
  });

  it('start from a compile cache made beforehand', async () => {
    const main = join(folder, 'cached', 'main.mjs');
    const cache = join(folder, 'cached', 'cache');
    await cp(join(folder, 'service-b.mjs'), main);
    await prepareCompileCache(main, cache);
    const env = { NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE', DRAIN_DELAY_MS: '0' };
    await using b = await startService('service-b', env, [main]);
    b.child.kill('SIGTERM');
    expect((await b.exit).stderr).toMatch(/cache for ESM .*main\.mjs was accepted/);
  });
});
