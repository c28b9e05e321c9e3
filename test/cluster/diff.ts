/** `coloring diff` on the cluster: what it foretells, and whether that comes true. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { probe } from '../../lanes/probe.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const color = 'release-v3';
const route = new RegExp(` {4}- name: service-b/${color}\\n.*\\n.*\\n`);

export async function diffOnCluster(test: TestCluster, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'diff-'));
  const file = join(folder, 'service-b.yaml');
  const rules = await readFile('istio/service-b.yaml', 'utf8');
  const diff = (...more: readonly string[]) => {
    const args = ['diff', folder, '--context', test.cluster.context, '-n', 'coloring', ...more];
    return execa(process.execPath, ['cli/coloring.mjs', ...args], { reject: false });
  };
  try {
    await writeFile(file, rules);
    const same = await diff();
    report.check(
      'diff: what is there already changes nothing',
      same.exitCode === 0 && same.stdout.includes('all as they are'),
      same,
    );
    await writeFile(file, rules.replace(route, ''));
    const lost = await diff();
    report.check(
      'diff: fails where a lane would be lost, and says who serves then',
      lost.exitCode === 1 &&
        lost.stdout.includes(`service-b: ${color} loses its lane, now served by release`),
      lost,
    );
    const declared = await diff('--allow', `service-b/${color}`);
    report.check('diff: passes where that is declared', declared.exitCode === 0, declared);
    await test.apply(await readFile(file, 'utf8'));
    report.check('and so it comes', await isServedBy(test, 'release'));
  } finally {
    await test.apply(rules);
    await rm(folder, { recursive: true });
  }
  report.check('the lane is back', await isServedBy(test, color));
}

async function isServedBy(test: TestCluster, version: string): Promise<boolean> {
  const isIt = async () => {
    const { trail } = await probe({ url: test.url, header: test.lanes.header }, { color, host: test.host });
    return trail?.some((hop) => hop.service === 'service-b' && hop.version === version) ?? false;
  };
  const patience = { interval: 200, timeout: 30_000, signal: test.shell.signal };
  return pWaitFor(isIt, patience).then(
    () => true,
    () => false,
  );
}
