/** pipeline/upgrade: who finds the release taken tries again, and whoever fails otherwise says so. */
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeTools, fakeTools } from './fake-tools.ts';
import { projectRoot } from './gitlab.ts';

let tools: FakeTools;
beforeAll(async () => {
  tools = await fakeTools();
});
afterAll(() => tools?.remove());

async function upgrade(failure: string) {
  await tools.failHelm(failure);
  const { exitCode, stderr } = await execa(
    join(projectRoot, 'pipeline/upgrade'),
    ['x-routes', 'charts/routes'],
    {
      env: { PATH: tools.path, NAMESPACE: 'coloring', KUBE_CONTEXT: '', DRY_RUN: '', QUIET: '' },
      reject: false,
    },
  );
  return { exitCode, stderr, calls: (await tools.calls('helm')).length };
}

test.each([
  'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
  'Error: UPGRADE FAILED: release: already exists',
  'Error: INSTALLATION FAILED: cannot re-use a name that is still in use',
  'Error: UPGRADE FAILED: secrets "sh.helm.release.v1.x-routes.v3" not found',
])('again: %s', async (failure) => {
  expect(await upgrade(failure)).toEqual({ exitCode: 0, stderr: '', calls: 2 });
});

test.each([
  'Error: UPGRADE FAILED: context deadline exceeded',
  'Error: UPGRADE FAILED: update: failed to update: secrets "sh.helm.release.v1.x-routes.v3" not found',
  'Error: UPGRADE FAILED: failed to create resource: services "x" already exists',
])('not again: %s', async (failure) => {
  expect(await upgrade(failure)).toEqual({ exitCode: 1, stderr: failure, calls: 1 });
});
