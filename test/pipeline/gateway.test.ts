/**
 * examples/pipeline-gateway: the pipeline of lanes that own their routes. gitlab-ci-local reads it; its scripts run in a
 * shell, against tools that only write down how they were called.
 */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { type FakeTools, fakeTools } from './fake-tools.ts';
import { createGitLab, type GitLab, projectRoot } from './gitlab.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const example = join(projectRoot, 'examples/pipeline-gateway');
const sha = '0a1b2c3d'.repeat(5);

interface Job {
  before_script?: string[];
  script: string[];
}

let gitlab: GitLab;
let branch: Awaited<ReturnType<GitLab['push']>>;
beforeAll(async () => {
  gitlab = await createGitLab({ files: ['package-lock.json'] });
  branch = await gitlab.push('release-v1', async (folder) => {
    for (const file of ['.gitlab-ci.yml', 'lane.yaml']) await cp(join(example, file), join(folder, file));
  });
});
afterAll(() => gitlab?.remove());

test('GitLab’s schema accepts the file', async () => {
  const { passed, log } = await branch.lint();
  expect(passed, log).toBe(true);
  expect(log).toMatch(/json schema validated/);
});

test('a push builds, makes the lane, and offers to stop it', async () => {
  const jobs = await branch.jobs();
  const names = jobs.map(({ name }) => name).sort();
  expect(names).toEqual(['build: [service-a]', 'build: [service-b]', 'lane', 'stop']);
  expect(jobs.filter(({ when }) => when === 'manual').map(({ name }) => name)).toEqual(['stop']);
});

test('the services are those of lane.yaml, in its order', async () => {
  const { services } = parse(await readFile(join(example, 'lane.yaml'), 'utf8'));
  const { variables, build } = parse(await readFile(join(example, '.gitlab-ci.yml'), 'utf8'));
  const names = services.map(({ service }: { service: string }) => service);
  expect(variables.SERVICES.split(' ')).toEqual(names);
  expect(build.parallel.matrix[0].SERVICE).toEqual(names);
});

describe('what the jobs do', () => {
  let tools: FakeTools;
  let jobs: Record<string, Job>;
  beforeAll(async () => {
    tools = await fakeTools();
    jobs = (await branch.resolved()) as typeof jobs;
  });
  afterAll(() => tools?.remove());

  /** A job's script, as a runner gives it to a shell. */
  async function run(job: string, ref: string, slug: string, more: Record<string, string> = {}) {
    const { before_script = [], script } = jobs[job] as Job;
    const { variables } = parse(await readFile(join(example, '.gitlab-ci.yml'), 'utf8'));
    return execa('sh', ['-ec', [...before_script, ...script].join('\n')], {
      cwd: projectRoot,
      env: {
        ...variables,
        PATH: tools.path,
        GATEWAY_URL: 'http://gateway.test',
        PROOF_SECONDS: '2',
        CI_COMMIT_REF_NAME: ref,
        CI_COMMIT_REF_SLUG: slug,
        CI_COMMIT_SHA: sha,
        CI_REGISTRY_IMAGE: 'registry.test/team/shop',
        ...more,
      },
      stdin: 'ignore',
      all: true,
      reject: false,
    });
  }

  test('none waits for another lane, or looks at one', () => {
    expect(Object.keys(jobs)).toEqual(expect.arrayContaining(['build', 'lane', 'stop']));
    const steps = /resource_group|unlock|pipeline\/(routes|proxies|add|remove|reap)/;
    expect(JSON.stringify(jobs)).not.toMatch(steps);
  });

  test('build: an image of a service, tagged with the commit', async () => {
    const image = `registry.test/team/shop/service-a:${sha}`;
    const registry = {
      CI_REGISTRY: 'registry.test',
      CI_REGISTRY_USER: 'runner',
      CI_REGISTRY_PASSWORD: 'secret-4711',
    };
    const { exitCode, all } = await run('build', 'release-v1', 'release-v1', {
      SERVICE: 'service-a',
      IMAGE: image,
      ...registry,
    });
    expect([exitCode, all]).toEqual([0, '']);
    const calls = await tools.calls('docker');
    expect(calls).toContain(`docker push ${image}`);
    expect(calls.join('\n')).not.toContain('secret-4711');
  });

  const upgrade = (version: string, ref: string) =>
    `helm upgrade --install lane-${version} charts/lane --namespace coloring --values lane.yaml --set services[0].image=registry.test/team/shop/service-a:${sha} --set services[1].image=registry.test/team/shop/service-b:${sha} --set-literal version=${version} --set-literal branch=${ref} --set-literal baseline=release --wait --timeout 3m`;

  test('lane: one Helm release, and a proof for each service', async () => {
    const { exitCode, all } = await run('lane', 'release-Login/Form', 'release-login-form');
    expect(exitCode, all).toBe(0);
    expect(await tools.calls('helm')).toEqual([upgrade('release-login-form', 'release-Login/Form')]);
    for (const service of ['service-a', 'service-b']) {
      expect(all).toContain(`proven: project-version: release-login-form -> ${service} release-login-form`);
      expect(all).toContain(`proven: no colour -> ${service} release`);
    }
  });

  test('lane: by the name that pipeline/version gives', async () => {
    const long = `release-${'x'.repeat(31)}-y`;
    await run('lane', long, long);
    const { stdout } = await execa(join(projectRoot, 'pipeline/version'), [long]);
    expect(await tools.calls('helm')).toEqual([upgrade(stdout, long)]);
  });

  test('lane: it waits while Helm works on its own release, and fails where Helm does', async () => {
    await tools.failHelm(
      'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
    );
    const waited = await run('lane', 'release-v1', 'release-v1');
    expect(waited.exitCode, waited.all).toBe(0);
    expect(waited.all).toMatch(/another operation[\s\S]*proven: /);
    expect(await tools.calls('helm')).toEqual(Array(2).fill(upgrade('release-v1', 'release-v1')));
    await tools.failHelm('Error: UPGRADE FAILED: context deadline exceeded');
    const failed = await run('lane', 'release-v1', 'release-v1');
    expect(failed).toMatchObject({ exitCode: 1, all: 'Error: UPGRADE FAILED: context deadline exceeded' });
  });

  test('stop: the release goes, but no other branch’s, and never the baseline', async () => {
    await tools.calls('helm');
    await tools.owner('release-v1');
    expect(await run('stop', 'release-v1', 'release-v1')).toMatchObject({ exitCode: 0 });
    expect(await tools.calls('helm')).toEqual([
      'helm uninstall lane-release-v1 --namespace coloring --ignore-not-found --wait --timeout 3m',
    ]);
    await tools.owner('release-a_b');
    expect(await run('stop', 'release-a.b', 'release-a-b')).toMatchObject({
      exitCode: 1,
      all: 'lane release-a-b belongs to branch "release-a_b": left alone',
    });
    await tools.owner('release');
    expect(await run('stop', 'release', 'release')).toMatchObject({
      exitCode: 1,
      all: expect.stringMatching(/^release is the baseline/),
    });
    expect(await tools.calls('helm')).toEqual([]);
  });
});
