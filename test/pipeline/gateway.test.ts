/** examples/pipeline-gateway: the pipeline of lanes that own their routes, run by gitlab-ci-local as far as it goes without a cluster. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { type FakeTools, fakeTools } from './fake-tools.ts';
import { createGitLab, type GitLab, projectRoot, type Variables } from './gitlab.ts';

// Each run of a job is a program of its own.
vi.setConfig({ testTimeout: 120_000 });

const example = join(projectRoot, 'examples/pipeline-gateway');
const steps = ['prove', 'carries', 'ask', 'run', 'version'].map((step) => `pipeline/${step}`);

let gitlab: GitLab;
let tools: FakeTools;
beforeAll(async () => {
  tools = await fakeTools();
  const variables: Variables = {
    PATH: tools.path,
    GATEWAY_URL: 'http://gateway.test',
    CI_REGISTRY_IMAGE: 'registry.test/team/shop',
    PROOF_SECONDS: '2',
    DOCKER_SERVICE: '',
  };
  gitlab = await createGitLab({ files: ['package-lock.json', ...steps], variables });
});
afterAll(async () => {
  await gitlab?.remove();
  await tools?.remove();
});

const push = (branch: string) =>
  gitlab.push(branch, async (folder) => {
    for (const file of ['.gitlab-ci.yml', 'lane.yaml']) await cp(join(example, file), join(folder, file));
  });

test('GitLab’s schema accepts the file', async () => {
  const { passed, log } = await (await push('release-v1')).lint();
  expect(passed, log).toBe(true);
  expect(log).toMatch(/json schema validated/);
});

test('no job waits for another lane, or looks at one', async () => {
  const jobs = await (await push('release-v1')).resolved();
  const text = JSON.stringify(jobs);
  expect(text).not.toMatch(/resource_group|unlock|pipeline\/(routes|proxies|add|remove|reap)/);
  const named = Object.keys(jobs).filter((name) => !name.startsWith('.'));
  expect(named).toEqual(expect.arrayContaining(['build', 'lane', 'stop']));
});

test('a push builds, makes the lane, and offers to stop it', async () => {
  for (const branch of ['release', 'release-v1']) {
    const jobs = await (await push(branch)).jobs();
    expect(jobs.map(({ name }) => name).sort()).toEqual([
      'build: [service-a]',
      'build: [service-b]',
      'lane',
      'stop',
    ]);
    expect(jobs.filter(({ when }) => when === 'manual').map(({ name }) => name)).toEqual(['stop']);
  }
});

test('the services are those of lane.yaml, in its order', async () => {
  const { services } = parse(await readFile(join(example, 'lane.yaml'), 'utf8'));
  const { variables, build } = parse(await readFile(join(example, '.gitlab-ci.yml'), 'utf8'));
  const names = services.map(({ service }: { service: string }) => service);
  expect(variables.SERVICES.split(' ')).toEqual(names);
  expect(build.parallel.matrix[0].SERVICE).toEqual(names);
});

describe('what the jobs do', () => {
  test('an image of each service, tagged with the commit', async () => {
    const branch = await push('release-v1');
    const { passed, log } = await branch.run(['build: [service-a]', 'build: [service-b]'], {
      CI_REGISTRY: 'registry.test',
      CI_REGISTRY_USER: 'runner',
      CI_REGISTRY_PASSWORD: 'secret-4711',
    });
    expect(passed, log).toBe(true);
    const calls = await tools.calls('docker');
    expect(calls.join('\n')).not.toContain('secret-4711');
    for (const service of ['service-a', 'service-b']) {
      expect(calls).toContainEqual(
        expect.stringMatching(new RegExp(`^docker push registry.test/team/shop/${service}:[0-9a-f]{40}$`)),
      );
    }
  });

  test('one Helm release for the lane, and a proof for each service', async () => {
    const branch = await push('release-Login/Form');
    const { passed, log } = await branch.run(['lane']);
    expect(passed, log).toBe(true);
    expect(await tools.calls('helm')).toEqual([
      expect.stringMatching(
        /^helm upgrade --install lane-release-login-form charts\/lane --namespace coloring --values lane.yaml --set services\[0\].image=registry.test\/team\/shop\/service-a:[0-9a-f]{40} --set services\[1\].image=registry.test\/team\/shop\/service-b:[0-9a-f]{40} --set-literal version=release-login-form --set-literal branch=release-Login\/Form --set-literal baseline=release --wait --timeout 3m$/,
      ),
    ]);
    for (const service of ['service-a', 'service-b']) {
      expect(log).toContain(`proven: project-version: release-login-form -> ${service} release-login-form`);
      expect(log).toContain(`proven: no colour -> ${service} release`);
    }
  });

  test('stopping takes the release away, and no other branch’s, and never the baseline', async () => {
    const stop = async (branch: string) => (await push(branch)).runWithoutCheckout('stop', {});
    await tools.owner('release-v1');
    const { passed, log } = await stop('release-v1');
    expect(passed, log).toBe(true);
    expect(await tools.calls('helm')).toEqual([
      'helm uninstall lane-release-v1 --namespace coloring --ignore-not-found --wait --timeout 3m',
    ]);
    // The same script, without the runner around it.
    const { stop: job } = await (await push('release-v1')).resolved();
    const { script } = job as { script: string[] };
    const refused = (slug: string, branch: string, owner: string) =>
      tools.owner(owner).then(() =>
        execa('sh', ['-ec', script.join('\n')], {
          env: {
            PATH: tools.path,
            NAMESPACE: 'coloring',
            BASELINE: 'release',
            VERSION: slug,
            CI_COMMIT_REF_NAME: branch,
          },
          reject: false,
        }),
      );
    expect(await refused('release-a-b', 'release-a.b', 'release-a_b')).toMatchObject({
      exitCode: 1,
      stderr: 'lane release-a-b belongs to branch "release-a_b": left alone',
    });
    expect(await refused('release', 'release', 'release')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^release is the baseline/),
    });
    expect(await tools.calls('helm')).toEqual([]);
  });
});
