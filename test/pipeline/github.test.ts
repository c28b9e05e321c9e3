/**
 * examples/github-actions: the workflow, linted by actionlint, and its steps run by a shell with what GitHub would put in
 * place of its expressions.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { has } from '../charts/tools.ts';
import { type FakeTools, fakeTools } from './fake-tools.ts';
import { projectRoot } from './gitlab.ts';

const file = join(projectRoot, 'examples/github-actions/.github/workflows/lane.yml');
const text = readFileSync(file, 'utf8');

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}
interface Job {
  if?: string;
  needs?: string;
  env?: Record<string, string>;
  steps: Step[];
}
const workflow = parse(text) as {
  on: Record<string, { types?: string[] }>;
  env: Record<string, string>;
  jobs: Record<string, Job>;
};

const actionlint = ['actionlint', ...goBinaries()].find((tool) => has(tool, '--version'));

function goBinaries(): string[] {
  try {
    return [join(execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).trim(), 'bin/actionlint')];
  } catch {
    return [];
  }
}

it.skipIf(!actionlint)(
  `actionlint finds nothing${actionlint ? '' : ' (skipped: no actionlint on this machine)'}`,
  () => {
    expect(execFileSync(actionlint as string, ['-no-color', file], { encoding: 'utf8' })).toBe('');
  },
);

it('puts nothing that others write into a shell: names of branches come by the environment', () => {
  const runs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run));
  expect(runs.filter(Boolean).length).toBeGreaterThan(4);
  expect(runs.filter((run) => run.includes('${{'))).toEqual([]);
});

const sha = '0a1b2c3d'.repeat(5);

/** What GitHub knows of an event; of a field that is not there it says nothing. */
function contextOf(event: 'push' | 'pull_request', branch: string, action = '', repository = 'Team/Shop') {
  const pull = { head: { sha, repo: { full_name: repository } }, base: { ref: 'main' } };
  return {
    github: {
      event_name: event,
      sha: event === 'push' ? sha : 'the-merge-commit',
      repository: 'Team/Shop',
      head_ref: event === 'push' ? '' : branch,
      ref_name: event === 'push' ? branch : '7/merge',
      event: { action, pull_request: event === 'push' ? { head: { repo: {} }, base: {} } : pull },
    },
    vars: { GATEWAY_URL: 'http://gateway.test' },
    secrets: { GITHUB_TOKEN: 'token-4711', KUBECONFIG: 'apiVersion: v1' },
    matrix: { service: 'service-a' },
  };
}
type Context = ReturnType<typeof contextOf>;

/** GitHub's expressions, as far as the workflow has them, are JavaScript's. */
const answer = (expression: string, context: Context) =>
  runInNewContext(expression.replaceAll('==', '===').replaceAll('!=', '!=='), { ...context });
const filled = (value: string, context: Context) =>
  value.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression) => String(answer(expression, context)));

/** The jobs that an event starts. */
const jobsOf = (context: Context) =>
  Object.entries(workflow.jobs)
    .filter(([, job]) => job.if === undefined || answer(job.if, context))
    .map(([name]) => name)
    // A job whose need is skipped is skipped.
    .filter((name, _, all) => [workflow.jobs[name]?.needs ?? name].every((need) => all.includes(need)));

describe('which jobs an event starts', () => {
  it.each([
    ['a push to release', contextOf('push', 'release'), ['build', 'lane']],
    ['a new request', contextOf('pull_request', 'feature/x', 'opened'), ['build', 'lane']],
    ['a push to a request', contextOf('pull_request', 'feature/x', 'synchronize'), ['build', 'lane']],
    ['a request that is closed', contextOf('pull_request', 'feature/x', 'closed'), ['gone']],
    ['a request of a fork', contextOf('pull_request', 'feature/x', 'opened', 'someone/shop'), []],
    ['a fork’s that is closed', contextOf('pull_request', 'feature/x', 'closed', 'someone/shop'), []],
    ['a request to merge the baseline', contextOf('pull_request', 'release', 'opened'), []],
  ])('%s', (_, context, expected) => {
    expect(workflow.on.pull_request?.types).toEqual(['opened', 'reopened', 'synchronize', 'closed']);
    expect(jobsOf(context)).toEqual(expected);
  });
});

describe('what the jobs do', () => {
  let tools: FakeTools;
  let temp: string;
  beforeAll(async () => {
    tools = await fakeTools();
    temp = mkdtempSync(join(tmpdir(), 'runner-'));
  });
  afterAll(async () => {
    rmSync(temp, { recursive: true });
    await tools.remove();
  });

  /** Runs the steps of a job one after the other, as the runner does; returns all that they wrote. */
  async function run(name: string, context: Context): Promise<string> {
    const { env = {}, steps } = workflow.jobs[name] as Job;
    const githubEnv = join(temp, 'env');
    writeFileSync(githubEnv, '');
    let log = '';
    for (const step of steps) {
      if (!step.run) continue;
      const told = Object.entries({ ...workflow.env, ...env, ...step.env });
      const exported = readFileSync(githubEnv, 'utf8').trim().split('\n').filter(Boolean);
      const { all } = await execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
        cwd: projectRoot,
        all: true,
        stdin: 'ignore',
        env: {
          ...Object.fromEntries(told.map(([key, value]) => [key, filled(value, context)])),
          ...Object.fromEntries(exported.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string])),
          PATH: tools.path,
          RUNNER_TEMP: temp,
          GITHUB_ENV: githubEnv,
          GITHUB_REPOSITORY: 'Team/Shop',
          GITHUB_ACTOR: 'someone',
          PROOF_SECONDS: '2',
        },
      });
      log += `${all}\n`;
    }
    return log;
  }

  it('an image of a service, tagged with the commit that was pushed', async () => {
    await run('build', contextOf('pull_request', 'feature/x', 'opened'));
    const calls = await tools.calls('docker');
    expect(calls).toContainEqual(`docker push ghcr.io/team/shop/service-a:${sha}`);
    expect(calls.join('\n')).not.toContain('token-4711');
  });

  it('one Helm release for the lane, and a proof for each service', async () => {
    const log = await run('lane', contextOf('pull_request', 'feature/Login', 'opened'));
    expect(await tools.calls('helm')).toEqual([
      `helm upgrade --install lane-feature-login charts/lane --namespace coloring --values lane.yaml --set services[0].image=ghcr.io/team/shop/service-a:${sha} --set services[1].image=ghcr.io/team/shop/service-b:${sha} --set-literal version=feature-login --set-literal branch=feature/Login --set-literal baseline=release --wait --timeout 3m`,
    ]);
    for (const service of ['service-a', 'service-b']) {
      expect(log).toContain(`proven: project-version: feature-login -> ${service} feature-login`);
      expect(log).toContain(`proven: no colour -> ${service} release`);
    }
  });

  it('closing takes the release away, and no other branch’s, and never the baseline', async () => {
    const close = (branch: string) => run('gone', contextOf('pull_request', branch, 'closed'));
    await tools.owner('feature/Login');
    await close('feature/Login');
    expect(await tools.calls('helm')).toEqual([
      'helm uninstall lane-feature-login --namespace coloring --ignore-not-found --wait --timeout 3m',
    ]);
    expect(await close('feature.login')).toContain('belongs to branch "feature/Login": left alone');
    expect(await close('release')).toContain('left alone');
    expect(await tools.calls('helm')).toEqual([]);
  });

  it('the services are those of lane.yaml, in its order, as in the pipeline of GitLab', () => {
    const { services } = parse(readFileSync(join(projectRoot, 'examples/github-actions/lane.yaml'), 'utf8'));
    expect(workflow.env.SERVICES?.split(' ')).toEqual(
      services.map(({ service }: { service: string }) => service),
    );
    const gitlabs = parse(readFileSync(join(projectRoot, 'examples/pipeline-gateway/lane.yaml'), 'utf8'));
    expect(gitlabs.services).toEqual(services);
  });
});
