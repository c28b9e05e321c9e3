/** The job `verify` as a push runs it, of this very project. Its branches check and test a part only, by a commit of their own. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createGitLab, type GitLab, projectFiles } from './gitlab.ts';

let gitlab: GitLab;
beforeAll(async () => {
  gitlab = await createGitLab({ files: await projectFiles() });
});
afterAll(() => gitlab?.remove());

/** A branch whose `npm test` runs these tests, and whose `npm run check` looks at their folder alone. */
const pushTesting = (branch: string, tests: string, edit?: (folder: string) => Promise<void>) =>
  gitlab.push(branch, async (folder) => {
    const file = join(folder, 'package.json');
    const text = await readFile(file, 'utf8');
    expect(text).toContain('&& vitest run"');
    const part = JSON.parse(text.replace('&& vitest run"', `&& vitest run ${tests}"`));
    part.scripts.check = `biome check ${dirname(tests)}`;
    await writeFile(file, JSON.stringify(part));
    await edit?.(folder);
  });

/** What the job left where the file says that GitLab finds this report. */
async function artifact(folder: string, report: 'junit' | 'coverage_report'): Promise<string> {
  const { reports } = parse(await readFile(join(folder, '.gitlab-ci.yml'), 'utf8')).verify.artifacts;
  const path = report === 'junit' ? reports.junit : reports.coverage_report.path;
  return readFile(join(folder, '.gitlab-ci-local/artifacts/verify', path), 'utf8');
}

test('a branch that is well passes, and hands on a JUnit report, a coverage report and its figure', async () => {
  const branch = await pushTesting('feature/well', 'carry/color');
  const { passed, log } = await branch.run(['verify']);
  expect(passed, log).toBe(true);

  const junit = await artifact(branch.folder, 'junit');
  expect(junit).toMatch(/<testsuites name="vitest tests" tests="[1-9]\d*" failures="0" errors="0"/);
  expect(junit).toContain('<testsuite name="carry/color.test.ts"');
  const cobertura = await artifact(branch.folder, 'coverage_report');
  expect(cobertura).toMatch(/<class name="color.ts" filename="\S*carry\/color.ts" line-rate="1"/);
  const [, percent] = /Lines\s*:\s*(\d+(?:\.\d+)?)%/.exec(log) ?? [];
  // The runner found it by the job's own pattern.
  expect(log).toMatch(new RegExp(`PASS.* verify .*${percent}%`));
});

test('a test that fails ends the pipeline: nothing is built, nothing deployed', async () => {
  const branch = await pushTesting('release-v1', 'carry/color', async (folder) => {
    const file = join(folder, 'carry/color.test.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, `${text}\nit('is broken on this branch', () => expect(1).toBe(2));\n`);
  });
  const { passed, log } = await branch.run(['verify', 'build service-b', 'deploy service-b']);
  expect(passed).toBe(false);
  expect(log).toMatch(/FAIL.* is broken on this branch/);
  expect(log).not.toMatch(/^(build|deploy) service-b .*[$>]/m);
  expect(await artifact(branch.folder, 'junit')).toMatch(/<testsuites .* failures="1"/);
});
