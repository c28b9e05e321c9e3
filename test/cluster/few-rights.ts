/** A user who may read one namespace asks the cluster: what he gets, and what he is told that he does not see. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { chromiumPath } from '../map/browser.ts';
import { withMap } from './map-page.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';
import { configOfUser } from './user.ts';

const name = 'test-reader';

export async function fewRights(test: TestCluster, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'reader-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const coloring = (...args: readonly string[]) =>
    execa(process.execPath, ['cli/coloring.mjs', ...args], {
      env: { KUBECONFIG: kubeconfig },
      reject: false,
    });
  const at = ['--context', test.cluster.context];
  try {
    await writeFile(kubeconfig, await configOfReader(test), { mode: 0o600 });
    const asks = [
      '-n',
      'coloring',
      '--from',
      'deploy/service-a-release',
      '-H',
      'project-version: release-v1',
    ];
    const { exitCode, stdout } = await coloring('explain', ...at, ...asks, 'http://service-b:32000/');
    report.check(
      'a user of one namespace: explain answers',
      exitCode === 0 &&
        /service-b\/release-v1 +decides/.test(stdout) &&
        stdout.includes('version release-v1'),
      stdout,
    );
    report.check(
      'and says what it could not see, and what follows',
      /not seen: VirtualService.*only of coloring; a rule of another namespace/.test(stdout),
      stdout,
    );
    const lint = await coloring('lint', ...at, '-n', 'coloring');
    report.check('lint too', (lint.exitCode ?? 2) < 2 && lint.stderr.includes('not seen: '), lint);
    const trace = await coloring('trace', ...at, '--url', test.url, '--color', 'release-v1');
    report.check(
      'trace judges by the sidecars that it may read, and says so',
      trace.exitCode === 0 && /pods: only of coloring/.test(trace.stderr),
      trace,
    );
    if (chromiumPath) await mapOfReader(test, report, kubeconfig);
    else report.skip('the map says what may not be watched', 'there is no chromium');
  } finally {
    for (const kind of ['rolebinding', 'role', 'serviceaccount'])
      await test.kubectl('delete', kind, name, '--ignore-not-found');
    await rm(folder, { recursive: true });
  }
}

async function configOfReader(test: TestCluster): Promise<string> {
  await test.kubectl('create', 'role', name, '--verb=get,list,watch', '--resource=*.*');
  return configOfUser(test, name, name);
}

async function mapOfReader(test: TestCluster, report: Report, kubeconfig: string): Promise<void> {
  await withMap(test, report, kubeconfig, async (seen) => {
    const { page } = seen;
    await seen.button('Send one request: release-v1').click();
    await seen.expect(
      'the map shows what the sidecars tell',
      () => seen.trails(),
      (trails) => trails.some((trail) => trail.includes('release-v1')),
    );
    await seen.button('Rules').click();
    await seen.expect(
      'and among the remarks what could not be seen',
      () => page.locator('.remarks li').allTextContents(),
      (lines) =>
        lines.some((line) => /VirtualService.*only of coloring; a rule of another namespace/.test(line)),
    );
    await page.getByLabel('Change the route service-b/release-v3').click();
    await seen.button('Take this route out …').click();
    await seen.button('Make this change').click();
    await seen.expect(
      'a change that he may not make is refused with what the API server says',
      () => page.locator('.notice').allTextContents(),
      ([text = '']) => /service-b.*cannot patch/.test(text),
    );
  });
}
