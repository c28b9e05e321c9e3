/**
 * `npm run test:cluster`: the whole on a kind cluster of its own, from nothing to nothing: kind:up, the scenarios, the
 * measurements, kind:down. It leaves no cluster, container, process or kubeconfig entry behind, also when it fails.
 * A gate takes the defaults; with `--rounds 10 --rate 200 --figures`, as pages tell it, it takes half an hour more.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import getPort from 'get-port';
import { readLanes } from '../../lanes/lanes.ts';
import { stoppable } from '../../runtime/stoppable.ts';
import { costOfLane } from './cost.ts';
import { diffOnCluster } from './diff.ts';
import { explainOnCluster } from './explain.ts';
import { fewRights } from './few-rights.ts';
import { laneChart } from './lane-chart.ts';
import { laneDies, neverDeployed } from './lane-dies.ts';
import { lanesUnderLoad, renderMeasured } from './lanes-under-load.ts';
import { lessons } from './lessons.ts';
import { lessonOfLocalLane } from './local-lane/lesson.ts';
import { localLane, renderTimes } from './local-lane/local-lane.ts';
import { roleOfLocalLane } from './local-lane/role.ts';
import { losersAreNamed } from './losers.ts';
import { mapInBrowser } from './map.ts';
import { Report } from './report.ts';
import { TestCluster } from './test-cluster.ts';
import { twoDialects } from './two-dialects.ts';
import { helmTests, nothingRejected, podSecurity, requestsAreCounted } from './workloads.ts';
import { writersAtOnce } from './writers-at-once.ts';

const { values: options } = parseArgs({
  options: {
    name: { type: 'string', default: 'coloring-test' },
    /** In each, lanes come, all at once, and go. */
    rounds: { type: 'string', default: '1' },
    /** Requests a second, while lanes come, go and die. */
    rate: { type: 'string', default: '100' },
    /** Measures also what fails no test: a lane's cost, the relay's speed. Pages tell of 10 rounds at 200 a second. */
    figures: { type: 'boolean', default: false },
    /** Use the cluster that is there, and leave it. */
    keep: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** No section begins later: those that are left are skipped, by name. */
    minutes: { type: 'string' },
  },
});

const signal = stoppable();
const report = new Report();
const kindName = options.name;
const rounds = wholeNumber('rounds');
const rate = wholeNumber('rate');
const minutes = options.minutes === undefined ? Number.POSITIVE_INFINITY : wholeNumber('minutes');
const port = process.env.GATEWAY_PORT ?? String(await getPort());
const home = await mkdtemp(join(tmpdir(), 'coloring-test-'));
// The user's own kubeconfig is never touched.
if (!options.keep) process.env.KUBECONFIG = join(home, 'kubeconfig');

try {
  await run();
} catch (error) {
  const why = signal.aborted ? 'stopped' : (error as Error).message;
  report.check('the test runs to its end', false, `${why}, in "${report.current}"`);
} finally {
  if (!options.keep) await leaveNothing();
  await rm(home, { recursive: true, force: true });
}
process.exit(report.summary() ? 0 : 1);

async function run(): Promise<void> {
  if (!options.keep) {
    report.section('npx coloring kind up');
    await coloring('kind', 'up', '--name', kindName, '--gateway-port', port);
    report.check('every colour is answered as the law says', true);
    report.section('npx coloring kind up again');
    await coloring('kind', 'up', '--name', kindName, '--gateway-port', port);
    report.check('it finds all done', true);
  }
  const lanes = await readLanes('lanes.yaml');
  const url = `http://127.0.0.1:${port}`;
  const test = new TestCluster({ kindName, lanes, url, requestsPerSecond: rate, signal });
  const measured: Parameters<typeof renderMeasured>[0][number][] = [];
  const sections: Record<string, () => Promise<unknown>> = {
    'workloads: helm test, Pod Security': async () => {
      await helmTests(test, report);
      await podSecurity(test, report);
      await requestsAreCounted(test, report);
      report.skip('NetworkPolicy keeps strangers out', "the cluster's network plugin may not enforce it");
    },
    'the local mesh decides as Istio does': async () => {
      const run = await execa(
        process.execPath,
        [
          'cli/coloring.mjs',
          'conform',
          '--context',
          `kind-${kindName}`,
          '--decisions',
          '2000',
          '--explained',
        ],
        { stdout: ['inherit', 'pipe'], stderr: 'inherit', reject: false, cancelSignal: signal },
      );
      report.check(
        'no case, no generated decision and no generated rule differs; explain said where each goes',
        run.exitCode === 0,
        tellsDifferences(run),
      );
      const mutation = await execa(process.execPath, ['cli/coloring.mjs', 'conform', '--mutate'], {
        stdout: ['inherit', 'pipe'],
        stderr: 'inherit',
        reject: false,
        cancelSignal: signal,
      });
      report.check('without any one field a case fails', mutation.exitCode === 0, tellsDifferences(mutation));
    },
    'explain asks the cluster': () => explainOnCluster(test, report),
    'diff foretells what a change takes away': () => diffOnCluster(test, report),
    'a user who may read one namespace': () => fewRights(test, report),
    'trace: who loses the colour': () => losersAreNamed(test, report),
    'map in a browser': () => mapInBrowser(test, report),
    lessons: () => lessons({ kindName, signal }, report),
    'lesson 29: this computer is a lane': () => lessonOfLocalLane(test, report),
    'a computer with the shipped Role': () => roleOfLocalLane(test, report),
    'lanes come and go under load': async () => {
      measured.push(...(await lanesUnderLoad(test, report, rounds)));
      await writersAtOnce(test, report);
    },
    'a lane dies': async () => {
      measured.push(...(await laneDies(test, report)));
      await neverDeployed(test, report);
    },
    'two dialects side by side': async () => {
      measured.push(...(await twoDialects(test, report, 1)));
    },
    'lanes by charts/lane': async () => {
      measured.push(...(await laneChart(test, report, rounds)));
    },
    'your own computer is a lane': async () => {
      const rows = await localLane(test, report, options.figures);
      report.note(renderTimes(rows));
      measured.push(...rows);
    },
    ...(options.figures && { 'cost of a lane': async () => report.note(await costOfLane(test)) }),
    'nothing rejected': () => nothingRejected(test, report),
    // Last: it begins with an empty namespace, and ends with none.
    'pipeline: branches come and go (S25, S26)': async () => {
      const env = { KIND_CLUSTER: kindName, GATEWAY_URL: test.url };
      const run = await execa('npx', ['vitest', 'run', '--config', 'test/pipeline/vitest.config.ts'], {
        env,
        stdio: 'inherit',
        reject: false,
        cancelSignal: signal,
      });
      report.check("the pipeline's jobs make lanes of branches", run.exitCode === 0);
    },
  };
  for (const [title, section] of Object.entries(sections)) {
    if (options.only && !title.startsWith(options.only)) continue;
    report.section(title);
    if (report.seconds() > minutes * 60) {
      report.skip(title, `${minutes} minutes are over`);
      continue;
    }
    try {
      await section();
    } catch (error) {
      if (signal.aborted) throw error;
      // The others tell more than its absence.
      report.check(`"${title}" runs to its end`, false, (error as Error).message);
    }
  }
  if (measured.length > 0) {
    report.section(`Measured on ${new Date().toISOString().slice(0, 10)} by npm run test:cluster`);
    console.log(renderMeasured(measured));
  }
}

/** @throws Error where the option is none above 0 */
function wholeNumber(option: 'rounds' | 'rate' | 'minutes'): number {
  const number = Number(options[option]);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${option} ${options[option]}: give a whole number from 1 on`);
}

/** What `conform` printed that is no plain success: what failed, then what differs, with the lines beneath it, all cut short. */
function tellsDifferences({ stdout }: { stdout: string }): string {
  const lines = stripVTControlCharacters(stdout)
    .split('\n')
    .map((line) => (line.length > 240 ? `${line.slice(0, 240)}…` : line));
  const failed = lines.filter((line) => line.startsWith('✗'));
  return [...failed, ...lines.filter((line) => /^(~| {4}|Again)/.test(line))].join('\n');
}

/** This project's commands, as their users give them. */
async function coloring(...args: readonly string[]): Promise<void> {
  await execa(process.execPath, ['cli/coloring.mjs', ...args], { stdio: 'inherit', cancelSignal: signal });
}

async function leaveNothing(): Promise<void> {
  report.section('npx coloring kind down');
  await execa(process.execPath, ['cli/coloring.mjs', 'kind', 'down', '--name', kindName], {
    stdio: 'inherit',
    reject: false,
  });
  const filter = `label=io.x-k8s.kind.cluster=${kindName}`;
  await checkGone('cluster', 'kind', ['get', 'clusters', '--quiet'], kindName);
  await checkGone('container', 'docker', ['ps', '--all', '--filter', filter, '--format', 'left'], 'left');
  await checkGone(
    'kubeconfig entry',
    'kubectl',
    ['config', 'get-contexts', '-o', 'name'],
    `kind-${kindName}`,
  );
}

/** That no line of what this command lists is `it`. */
async function checkGone(what: string, file: string, args: readonly string[], it: string): Promise<void> {
  const { exitCode, stdout, stderr } = await execa(file, args, { reject: false });
  report.check(`no ${what} is left`, exitCode === 0 && !stdout.split('\n').includes(it), stdout + stderr);
}
