import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../../cli/testing/run-here.ts';
import { projectFile } from '../../runtime/project.ts';
import { lintCodes } from './finding.ts';
import { formatFinding, lint } from './lint.ts';
import { readSections } from './page.ts';

let folder: string;
let rules: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-'));
  rules = join(folder, 'rules');
  await cp('istio', rules, { recursive: true });
  const edit = async (file: string, from: string, to: string) => {
    const text = await readFile(join(rules, file), 'utf8');
    expect(text).toContain(from);
    await writeFile(join(rules, file), text.replace(from, to));
  };
  // The first is the gateway's route; the one of the mesh stays right.
  await edit('service-a.yaml', 'exact: release-v2', 'exact: release-v22');
  await edit('service-b.yaml', 'host: service-b, subset: release }', 'host: service-b, subset: releas }');
  await edit('service-b.yaml', 'exact: release-v3', 'exact: release-v4');
  await edit('fallback.yaml', 'name: service-b/release-v3 }', 'name: service-b/release-v30 }');
});
afterAll(() => rm(folder, { recursive: true }));

const said = async (folders: string[], lanes = 'lanes.yaml') =>
  (await lint(lanes, folders)).map((finding) => formatFinding(finding).replaceAll(`${folder}/`, ''));

it('has nothing to say of the demo', async () => {
  expect(await said(['istio'])).toEqual([]);
});

it('finds what start and explain remark on, and versions that do not get their colour', async () => {
  expect(await said([rules])).toEqual([
    expect.stringMatching(
      /^rules\/fallback\.yaml:\d+: EnvoyFilter service-b-fallback: service-b\/release-v30: no rule has a route of this name \[fallback-route-unknown\]$/,
    ),
    expect.stringMatching(/^rules\/service-b\.yaml:\d+: .*subset "releas" .* \[subset-unknown\]$/),
    'lanes.yaml:8: service-a/release-v2: from the gateway a request with project-version: release-v2 goes to release [version-unrouted]',
    'lanes.yaml:9: service-b/release-v3: from service-a a request with project-version: release-v3 reaches no version of it [version-unrouted]',
  ]);
});

it('says all that is invalid, with its line', async () => {
  const bad = join(folder, 'bad.yaml');
  await writeFile(
    bad,
    'kind: Gateway\napiVersion: networking.istio.io/v1\nmetadata: { name: g }\nspec: {}\n---\n- x',
  );
  expect(await said([bad])).toEqual([
    expect.stringMatching(/^bad\.yaml:4: Gateway g: .* \[rule-invalid\]$/),
    expect.stringMatching(/^bad\.yaml:6: .* \[rule-invalid\]$/),
  ]);
  const lanes = join(folder, 'bad-lanes.yaml');
  await writeFile(lanes, 'services:\n  a: { port: 0, versions: [v1] }');
  expect(await said([], lanes)).toEqual([
    'bad-lanes.yaml:2: services.a.port: expected a port from 1 [lanes-invalid]',
  ]);
});

describe('coloring lint', () => {
  const findings = ['fallback-route-unknown', 'subset-unknown', 'version-unrouted', 'version-unrouted'];

  it('ends with 0 where nothing is to be said, with 1 otherwise, with 2 where it is asked for what it has not', async () => {
    expect(await runHere(['lint', 'istio'])).toMatchObject({ exitCode: 0, stdout: 'nothing to say\n' });
    expect(await runHere(['lint', rules])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('coloring lint --explain fallback-route-unknown'),
    });
    const lanes = join(folder, 'lanes.yaml');
    await cp('lanes.yaml', lanes);
    expect(await runHere(['lint', '--lanes', lanes])).toMatchObject({ exitCode: 0 });
    expect(await runHere(['lint', '--format', 'xml'])).toMatchObject({ exitCode: 2 });
    expect(await runHere(['lint', '--explain', 'constructor'])).toMatchObject({ exitCode: 2 });
  });

  it('says so where it looks at the demo, because no lanes.yaml is here', async () => {
    const run = promisify(execFile);
    const { stderr } = await run(process.execPath, [projectFile('cli/coloring.mjs'), 'lint'], {
      cwd: rules,
    });
    expect(stderr).toMatch(
      /^no lanes\.yaml here: this is about the demo, .*lanes\.yaml; --lanes names another\n$/,
    );
    expect((await runHere(['lint'])).stderr).toBe('');
  });

  it('prints the findings as data', async () => {
    const { stdout } = await runHere(['lint', rules, '--json']);
    expect(JSON.parse(stdout)[2]).toEqual({
      severity: 'warning',
      code: 'version-unrouted',
      file: 'lanes.yaml',
      line: 8,
      object: 'service-a/release-v2',
      message: 'from the gateway a request with project-version: release-v2 goes to release',
    });
  });

  it('prints a code quality report of GitLab', async () => {
    const { stdout } = await runHere(['lint', rules, '--format', 'gitlab']);
    const report = JSON.parse(stdout);
    expect(report.map(({ check_name }: { check_name: string }) => check_name)).toEqual(findings);
    expect(report[2]).toMatchObject({
      description: expect.stringContaining('service-a/release-v2: from the gateway'),
      severity: 'major',
      location: { path: 'lanes.yaml', lines: { begin: 8 } },
    });
    const prints = report.map(({ fingerprint }: { fingerprint: string }) => fingerprint);
    expect(new Set(prints).size).toBe(findings.length);
    expect(prints.every((print: string) => /^[0-9a-f]{64}$/.test(print))).toBe(true);
  });

  it('prints SARIF, with the page of each name', async () => {
    const { stdout } = await runHere(['lint', rules, '--format', 'sarif']);
    const { version, runs } = JSON.parse(stdout);
    expect(version).toBe('2.1.0');
    const [{ tool, results }] = runs;
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(findings);
    expect(results[2]).toMatchObject({
      level: 'warning',
      locations: [
        { physicalLocation: { artifactLocation: { uri: 'lanes.yaml' }, region: { startLine: 8 } } },
      ],
    });
    for (const { help } of tool.driver.rules) expect(help.text.length).toBeGreaterThan(40);
  });

  it('explains a name, and knows which there are', async () => {
    const { stdout } = await runHere(['lint', '--explain', 'subset-unknown']);
    expect(stdout).toContain('503 (NC)');
    expect(await runHere(['lint', '--explain', 'nothing'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('subset-unknown'),
    });
  });
});

it('has a section in its page for each name, and no other', async () => {
  const page = await readFile('lanes/lint/README.md', 'utf8');
  const names = [...page.matchAll(/^## (.*)$/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys(lintCodes).sort());
  const section = await readSections();
  for (const code of Object.keys(lintCodes)) {
    expect(section(code as keyof typeof lintCodes).length, code).toBeGreaterThan(40);
  }
});
