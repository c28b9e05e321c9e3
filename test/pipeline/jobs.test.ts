import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { createGitLab, type GitLab, projectRoot, type Variables } from './gitlab.ts';

const lane = (service: string) => [`build ${service}`, `deploy ${service}`, `stop ${service}`];
const both = ['name', ...lane('service-a'), ...lane('service-b')];

interface ResolvedJob {
  script: string[];
  variables?: Record<string, string>;
  resource_group?: string;
  environment?: { name: string; url?: string; on_stop?: string; action?: string; auto_stop_in?: string };
}

let gitlab: GitLab;
beforeAll(async () => {
  gitlab = await createGitLab({ files: ['.gitlab-ci.yml', 'package-lock.json'] });
});
afterAll(() => gitlab?.remove());

type Jobs = Awaited<ReturnType<Awaited<ReturnType<GitLab['push']>>['jobs']>>;
const lists = new Map<string, Jobs>();

/** The jobs that a push to the branch starts. */
async function jobsOf(branch: string, variables?: Variables): Promise<Jobs> {
  const key = JSON.stringify([branch, variables]);
  const jobs = lists.get(key) ?? (await (await gitlab.push(branch)).jobs(variables));
  lists.set(key, jobs);
  return jobs;
}

async function jobNames(branch: string, variables?: Variables): Promise<string[]> {
  return (await jobsOf(branch, variables)).map((job) => job.name).sort();
}

test('no key is there twice: the later one would replace the earlier in silence', async () => {
  const document = parseDocument(await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8'));
  expect([...document.errors, ...document.warnings]).toEqual([]);
});

// gitlab-ci-local carries GitLab's published schema and checks every file against it before it lists a job.
describe('GitLab’s CI schema', () => {
  test('accepts the file', async () => {
    const { passed, log } = await (await gitlab.push('main')).lint();
    expect(passed, log).toBe(true);
    expect(log).toMatch(/json schema validated/);
  });

  test.each([
    ['on_stop:', 'on_stopp:', /'on_stopp' property is not expected/],
    ['resource_group: $SERVICE', 'resource_group: [a]', /resource_group/],
    ['when: manual', 'when: by_hand', /when/],
  ])('refuses %s as %s', async (right, wrong, problem) => {
    const branch = await gitlab.push('release-typo', async (folder) => {
      const file = join(folder, '.gitlab-ci.yml');
      const text = await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8');
      expect(text).toContain(right);
      await writeFile(file, text.replace(right, wrong));
    });
    const { passed, log } = await branch.lint();
    expect(passed).toBe(false);
    expect(log).toMatch(problem);
  });
});

describe('which jobs a push starts', () => {
  test.each(['main', 'feature/release-v1', 'releases', 'hotfix-release'])(
    '%s is only verified',
    async (branch) => {
      expect(await jobNames(branch)).toEqual(['verify']);
    },
  );

  test.each(['release', 'release-v1', 'release-a_b', 'release-x/y'])(
    '%s is a lane of both services',
    async (branch) => {
      expect(await jobNames(branch)).toEqual(['verify', ...both].sort());
    },
  );

  test('SERVICES names those that the branch has a version of', async () => {
    expect(await jobNames('release-v2', { SERVICES: 'service-a' })).toEqual(
      ['verify', 'name', ...lane('service-a')].sort(),
    );
  });

  test('nothing but the stop jobs waits for a person, and those hold nobody up', async () => {
    const jobs = await jobsOf('release-v1');
    const manual = jobs.filter((job) => job.when === 'manual');
    expect(manual.map((job) => job.name)).toEqual(['stop service-a', 'stop service-b']);
    expect(manual.every((job) => job.allow_failure)).toBe(true);
  });

  test('a merge request is only verified, of whatever branch it is', async () => {
    const mergeRequest = { CI_PIPELINE_SOURCE: 'merge_request_event', CI_COMMIT_BRANCH: null };
    for (const branch of ['feature/x', 'release-v1']) {
      expect(await jobNames(branch, mergeRequest)).toEqual(['verify']);
    }
  });

  test('a schedule reaps, whatever branch it is set on', async () => {
    for (const branch of ['main', 'release']) {
      expect(await jobNames(branch, { CI_PIPELINE_SOURCE: 'schedule' })).toEqual([
        'reap service-a',
        'reap service-b',
      ]);
    }
  });
});

describe('environments', () => {
  let jobs: Record<string, ResolvedJob>;
  beforeAll(async () => {
    jobs = (await (await gitlab.push('release-v1')).resolved()) as unknown as typeof jobs;
  });

  test.each(['service-a', 'service-b'])(
    '%s: each lane is one, with a URL, a life time and a job that stops it',
    (service) => {
      const deploy = jobs[`deploy ${service}`];
      const stop = jobs[deploy?.environment?.on_stop ?? ''];
      expect(deploy?.variables?.SERVICE).toBe(service);
      expect(deploy?.environment).toMatchObject({ url: '$LANE_URL', auto_stop_in: '$LIFETIME' });
      expect(stop?.environment).toEqual({ name: deploy?.environment?.name, action: 'stop' });
      expect(stop?.variables).toMatchObject({ SERVICE: service, GIT_STRATEGY: 'none' });
    },
  );

  test.each(['service-a', 'service-b'])('%s: no two jobs write its routes at the same time', (service) => {
    for (const step of ['deploy', 'stop', 'reap']) {
      const job = jobs[`${step} ${service}`];
      expect([job?.resource_group, job?.variables?.SERVICE]).toEqual(['$SERVICE', service]);
    }
  });

  test('the baseline lives on without a push, lanes do not', async () => {
    const text = await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8');
    const rule = /if: \$CI_COMMIT_BRANCH == "release"\n\s+variables: \{ LIFETIME: never \}/g;
    expect(text.match(rule)).toHaveLength(2);
  });

  test('passwords reach docker by standard input', () => {
    const scripts = Object.values(jobs).flatMap((job) => job.script ?? []);
    const lines = scripts.flatMap((script) => script.split('\n')).filter((line) => line.includes('PASSWORD'));
    expect(lines).toHaveLength(2);
    for (const line of lines)
      expect(line).toMatch(/^ *printf %s "\$CI_REGISTRY_PASSWORD" \| docker login .*--password-stdin/);
  });
});
