/** A locked Helm release, with a `helm` that only notes what it is asked. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { Cluster, lockSeconds } from './cluster.ts';
import { Shell } from './shell.ts';

// `upgrade` is refused as long as the release is locked. `history` tells it as it is, and then ends the lock of somebody
// at work, as their own helm does; a repair ends any lock.
const helm = `#!/bin/sh
cd "$(dirname "$0")"
echo "$3" >> asked
case $3 in
  upgrade) [ ! -e locked ] || { echo 'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress' >&2; exit 1; } ;;
  history) cat history; if [ -e at-work ]; then rm -f at-work locked; echo '[]' > history; fi ;;
  *) rm locked ;;
esac
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helm-'));
  await writeFile(join(folder, 'helm'), helm);
  await chmod(join(folder, 'helm'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** What helm was asked for, and what was said, by an upgrade of a release with this history. */
async function upgrade(
  history: readonly object[],
  atWork = false,
): Promise<{ asked: string[]; said: string }> {
  await writeFile(join(folder, 'history'), JSON.stringify(history));
  for (const file of ['locked', ...(atWork ? ['at-work'] : [])]) await writeFile(join(folder, file), '');
  const said: string[] = [];
  const { signal } = new AbortController();
  const shell = new Shell({ dryRun: false, signal, say: (line) => said.push(line) });
  const release = { name: 'b-routes', namespace: 'coloring', chart: ['charts/routes'], args: [] };
  await new Cluster('far').upgrade(shell, release);
  const asked = (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
  return { asked, said: said.join('\n') };
}

test('a lock of somebody at work is waited for, and told', async () => {
  const { asked, said } = await upgrade(
    [{ revision: 1, status: 'pending-upgrade', updated: ago(lockSeconds - 60) }],
    true,
  );
  expect(asked).toEqual(['upgrade', 'history', 'history', 'upgrade']);
  expect(said).toMatch(/b-routes is being changed since 24\d s by someone else: waiting/);
});

test('a lock that is too old goes, back to what was deployed', async () => {
  const { asked, said } = await upgrade([
    { revision: 4, status: 'superseded', updated: ago(9_000) },
    { revision: 5, status: 'deployed', updated: ago(8_000) },
    { revision: 6, status: 'pending-upgrade', updated: ago(lockSeconds + 1) },
  ]);
  expect(asked).toEqual(['upgrade', 'history', 'rollback', 'upgrade']);
  expect(said).toMatch(/helm --kube-context far rollback b-routes 5 --namespace coloring/);
});

test('and away where nothing ever was', async () => {
  const { asked } = await upgrade([{ revision: 1, status: 'pending-install', updated: ago(9_000) }]);
  expect(asked).toEqual(['upgrade', 'history', 'uninstall', 'upgrade']);
});

test('the pipeline calls a lock dead after the same time', async () => {
  const { variables } = parse(await readFile('.gitlab-ci.yml', 'utf8'));
  expect(variables.LOCK_SECONDS).toBe(String(lockSeconds));
});
