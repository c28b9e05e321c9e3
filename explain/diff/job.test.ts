/** The job of README.md, run by a shell in a repository with a branch that takes a lane away. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { projectFile } from '../../runtime/project.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const page = await readFile('explain/diff/README.md', 'utf8');
const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
const { effect } = parse(block) as {
  effect: { script: string[]; artifacts: { reports: { codequality: string } } };
};

let home: string;
let repository: string;
const git = (...args: string[]) =>
  execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: repository });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'effect-job-'));
  repository = join(home, 'rules');
  await cp('gateway-api', join(repository, 'rules'), { recursive: true });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=lanes');
  // As a runner has it: the target branch is known by its remote name.
  await git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  await rm(join(repository, 'rules/lane-release-v3.yaml'));
});
afterAll(() => rm(home, { recursive: true }));

/** `npx coloring` is this checkout's, and what it needs is there. */
async function runJob() {
  const shims = `npm() { :; }; npx() { shift; node '${projectFile('cli/coloring.mjs')}' "$@"; }`;
  await git('worktree', 'remove', '--force', '../target').catch(() => {});
  return execa('bash', ['-ec', [shims, ...effect.script].join('\n')], {
    cwd: repository,
    env: {
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      GITHUB_ACTIONS: 'true',
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
    },
    reject: false,
  });
}

it('fails, reports it beside the change, and passes once it is declared', async () => {
  const failed = await runJob();
  expect(failed.stdout).toContain('✗ service-b: release-v3 loses its lane, now served by release');
  expect(failed.exitCode).toBe(1);
  const report = JSON.parse(await readFile(join(repository, effect.artifacts.reports.codequality), 'utf8'));
  expect(report).toMatchObject([
    { check_name: 'lane-lost', severity: 'critical', description: expect.stringContaining('release-v3') },
  ]);
  expect(failed.stdout).toMatch(
    /^::error file=\S+,line=1,title=coloring diff%3A lane-lost::service-b: release-v3 loses/m,
  );

  await writeFile(join(repository, 'rules/.coloring-diff-allow'), 'service-b/release-v3\n');
  const passed = await runJob();
  expect(passed.stdout).toContain('What is taken away is declared.');
  expect(passed.exitCode).toBe(0);
});
