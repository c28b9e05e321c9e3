/**
 * A GitLab in a folder: a bare repository as the server, and gitlab-ci-local as the runner of the very jobs that
 * .gitlab-ci.yml has. What the runner lacks of GitLab and this adds: resource groups (see `holding`) and jobs without
 * a checkout (see `runWithoutCheckout`). `workflow` is missing.
 */

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { projectFile } from '../../runtime/project.ts';

export const projectRoot = projectFile('');
const npmSettings = process.env.npm_config_userconfig ?? join(homedir(), '.npmrc');
const runner = createRequire(import.meta.url).resolve('gitlab-ci-local');

/** As in Settings > CI/CD > Variables; null takes away what GitLab itself would set. */
export type Variables = Readonly<Record<string, string | { file: string } | null>>;

/** A job as the pipeline of one branch has it. */
interface Job {
  name: string;
  stage: string;
  when: 'on_success' | 'manual' | 'never';
  allow_failure: boolean;
}

/** What a resolved job says of its resource group. */
interface GroupedJob {
  resource_group?: string;
  variables?: Record<string, string>;
}

export interface Run {
  /** Whether every job that ran succeeded. */
  passed: boolean;
  /** All that the jobs and the runner wrote. */
  log: string;
}

interface Branch {
  /** Its checkout. */
  folder: string;
  /** The jobs that a push gives it; `lint` has looked at the file, so this does not again. */
  jobs(variables?: Variables): Promise<Job[]>;
  /** What GitLab's published CI schema says of its .gitlab-ci.yml. */
  lint(): Promise<Run>;
  /** .gitlab-ci.yml with `extends` and references resolved, as the runner reads it. */
  resolved(): Promise<Record<string, unknown>>;
  /** Runs these jobs in the order of their stages and needs; artifacts of earlier runs are there. */
  run(jobs: readonly string[], variables?: Variables): Promise<Run>;
  /** Runs a job that has `GIT_STRATEGY: none`: where nothing but .gitlab-ci.yml is. */
  runWithoutCheckout(job: string, variables?: Variables): Promise<Run>;
}

export interface GitLab {
  /** Everything that was written by all jobs, for a search for secrets. */
  logs(): string;
  /** Creates the branch from the default branch, or adds a commit to it. `edit` changes files in its checkout. */
  push(branch: string, edit?: (folder: string) => Promise<void>): Promise<Branch>;
  deleteBranch(branch: string): Promise<void>;
  remove(): Promise<void>;
}

/** This project as a commit of all that is in its folder would have it. */
export async function projectFiles(): Promise<string[]> {
  const all = await git(projectRoot, 'ls-files', '--cached', '--others', '--exclude-standard');
  const deleted = (await git(projectRoot, 'ls-files', '--deleted')).split('\n');
  return all.split('\n').filter((file) => !deleted.includes(file));
}

/** `files`: which of this project's files the repository has; `variables`: set for every pipeline. */
export async function createGitLab(options: {
  files: readonly string[];
  variables?: Variables;
}): Promise<GitLab> {
  const home = await mkdtemp(join(tmpdir(), 'coloring-pipeline-'));
  const server = join(home, 'team/coloring.git');
  const logs: string[] = [];
  /** By resource group: when its last run so far ends. */
  const held = new Map<string, Promise<void>>();

  await mkdir(server, { recursive: true });
  await git(server, 'init', '--quiet', '--bare', '--initial-branch', 'main');
  const main = await checkout(join(home, 'main'));
  await git(main, 'switch', '--quiet', '--orphan', 'main');
  for (const file of options.files) {
    await mkdir(dirname(join(main, file)), { recursive: true });
    await cp(join(projectRoot, file), join(main, file));
  }
  await commit(main, 'The project');
  await git(main, 'push', '--quiet', 'origin', 'main');

  async function checkout(folder: string): Promise<string> {
    await git(home, 'clone', '--quiet', `file://${server}`, folder);
    return folder;
  }

  async function gitlabCiLocal(folder: string, args: readonly string[], given: Variables = {}): Promise<Run> {
    const { BASE_IMAGE } = process.env;
    const here: Variables = BASE_IMAGE ? { BASE_IMAGE } : {};
    const variables: Variables = { ...here, ...options.variables, ...given };
    const file = join(home, `${folder.split('/').pop()}-variables.yml`);
    const entries = Object.entries(variables).flatMap(([name, value]) => {
      if (value === null) return [];
      const [type, content] = typeof value === 'string' ? ['variable', value] : ['file', value.file];
      return [[name, { type, values: { '*': content } }]];
    });
    const unset = Object.keys(variables).filter((name) => variables[name] === null);
    await writeFile(file, stringify(Object.fromEntries(entries)));
    const run = await execa(
      process.execPath,
      [
        runner,
        '--variables-file',
        file,
        '--force-shell-executor',
        '--shell-isolation',
        '--no-artifacts-to-source',
        ...unset.flatMap((name) => ['--unset-variable', name]),
        ...args,
      ],
      {
        cwd: folder,
        // A home of its own, but for where npm gets its packages.
        env: { NO_COLOR: '1', HOME: home, npm_config_userconfig: npmSettings },
        reject: false,
        all: true,
      },
    );
    logs.push(run.all);
    // A job that may fail does not fail the run: it is only marked in the report at its end.
    const passed = run.exitCode === 0 && !/^ WARN {2}.* pre_script$/m.test(run.all);
    return { passed, log: run.all };
  }

  /** The resource group of each job that has one. */
  async function resourceGroups(branch: Branch): Promise<Map<string, string>> {
    const jobs = Object.entries(await branch.resolved()) as [string, GroupedJob | undefined][];
    return new Map(
      jobs.flatMap(([job, told]) => {
        if (told?.resource_group === undefined) return [];
        return [[job, told.resource_group.replace('$SERVICE', told.variables?.SERVICE ?? '')]];
      }),
    );
  }

  /** Runs `work` when no other run holds one of these resource groups: GitLab starts no job before that. */
  async function holding(groups: readonly string[], work: () => Promise<Run>): Promise<Run> {
    const before = groups.map((group) => held.get(group));
    const done = Promise.all(before).then(work);
    const over = done.then(
      () => {},
      () => {},
    );
    for (const group of groups) held.set(group, over);
    return done;
  }

  function branchIn(folder: string, name: string): Branch {
    const fromServer = { CI_REPOSITORY_URL: `file://${server}`, CI_DEFAULT_BRANCH: 'main' };
    return {
      folder,
      async jobs(variables) {
        const list = ['--list-json', '--no-json-schema-validation']; // half of the time of a list
        const { log, passed } = await gitlabCiLocal(folder, list, variables);
        const start = log.search(/^\[/m);
        if (!passed || start < 0) throw new Error(`no list of jobs for ${name}:\n${log}`);
        return (JSON.parse(log.slice(start)) as Job[]).filter((job) => job.when !== 'never');
      },
      lint: () => gitlabCiLocal(folder, ['--list-json']),
      async resolved() {
        const { log, passed } = await gitlabCiLocal(folder, ['--preview', '--no-json-schema-validation']);
        if (!passed) throw new Error(log);
        return parse(log.slice(log.search(/^---$/m))) as Record<string, unknown>;
      },
      async run(jobs, variables) {
        const groups = await resourceGroups(this);
        const free = jobs.filter((job) => !groups.has(job));
        const grouped = jobs.filter((job) => groups.has(job));
        const given = { ...fromServer, ...variables };
        const none: Run = { passed: true, log: '' };
        const first = free.length > 0 ? await gitlabCiLocal(folder, free, given) : none;
        if (!first.passed || grouped.length === 0) return first;
        const wanted = grouped.map((job) => groups.get(job) as string);
        const second = await holding(wanted, () => gitlabCiLocal(folder, grouped, given));
        return { passed: second.passed, log: `${first.log}\n${second.log}` };
      },
      async runWithoutCheckout(job, variables) {
        const empty = `${folder}-empty`;
        await rm(empty, { recursive: true, force: true });
        await mkdir(empty);
        await git(empty, 'init', '--quiet', '--initial-branch', name);
        await cp(join(folder, '.gitlab-ci.yml'), join(empty, '.gitlab-ci.yml'));
        await commit(empty, 'Only the pipeline');
        return gitlabCiLocal(empty, [job], { ...fromServer, ...variables });
      },
    };
  }

  return {
    logs: () => logs.join('\n'),
    async push(name, edit) {
      const folder = join(home, 'checkouts', name.replaceAll('/', '~'));
      if (name === 'main') await rm(folder, { recursive: true, force: true });
      const known = await git(home, '--git-dir', server, 'branch', '--list', name);
      await rm(folder, { recursive: true, force: true });
      await checkout(folder);
      if (known === '') await git(folder, 'switch', '--quiet', '--create', name);
      else await git(folder, 'switch', '--quiet', name);
      await edit?.(folder);
      await commit(folder, `A change on ${name}`);
      await git(folder, 'push', '--quiet', 'origin', name);
      return branchIn(folder, name);
    },
    async deleteBranch(name) {
      await git(home, '--git-dir', server, 'branch', '--quiet', '-D', name);
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

async function git(folder: string, ...args: string[]): Promise<string> {
  const identity = [
    '-c',
    'user.name=Someone',
    '-c',
    'user.email=someone@example.com',
    '-c',
    'commit.gpgsign=false',
  ];
  return (await execa('git', [...identity, ...args], { cwd: folder })).stdout;
}

async function commit(folder: string, message: string): Promise<void> {
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--allow-empty', '--message', message);
}
