/**
 * `lane local`: somebody's own computer is a lane of the cluster. It comes and goes, dies in every way that computers do,
 * and comes back; 200 requests a second in its colour, and as many in others, do not notice.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { execa } from 'execa';
import { checkUnharmed, type Measured, underLoad } from '../lanes-under-load.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { breakpoints } from './breakpoint.ts';
import { localBytes } from './bytes.ts';
import { callsOut, callsOutOnly } from './callers.ts';
import { AnswerWatch, LocalLane } from './command.ts';
import { localGrpc } from './grpc.ts';
import { speedOf } from './speed.ts';
import { strangers } from './strangers.ts';

const service = 'service-b';
const version = 'me';
/** Half of them in the colour of the lane: the test's rate, and as many in others. */
const colors = [version, '-', version, 'release-v1', version, 'release-v3'];
const timesTheRate = 2;

interface Death {
  what: string;
  happen: (lane: LocalLane, test: TestCluster) => unknown;
  /** What brings the lane back, where it does not come by itself. */
  undo?: (lane: LocalLane) => unknown;
  /** It may be too short for the baseline to serve at all. */
  brief?: true;
}

const hangSeconds = 10;
/** What was on its way when the stream was cut has been answered by then: it says nothing of the way back. */
const sureMs = 500;

const deaths: readonly Death[] = [
  {
    what: 'SIGSTOP of the process for 10 s',
    happen: (lane) => process.kill(lane.programPid(), 'SIGSTOP'),
    undo: (lane) => process.kill(lane.programPid(), 'SIGCONT'),
  },
  {
    what: 'SIGSTOP of the command for 10 s (the lid closes)',
    happen: (lane) => process.kill(lane.pid, 'SIGSTOP'),
    undo: (lane) => process.kill(lane.pid, 'SIGCONT'),
  },
  {
    what: 'the stream cut (kill -9 of kubectl)',
    happen: (lane) => process.kill(lane.portForwardPid(), 'SIGKILL'),
    brief: true,
  },
  {
    what: "the relay's pod deleted at once (grace 0)",
    happen: (_, test) =>
      test.kubectl(
        ...['delete', 'pods', '--selector', `app=${service},version=${version}`],
        ...['--grace-period=0', '--force'],
      ),
  },
  {
    what: "the relay's pod deleted",
    happen: (_, test) => test.kubectl('delete', 'pods', '--selector', `app=${service},version=${version}`),
  },
];

/** A row of the table. */
export interface LocalMeasured extends Measured {
  /** Milliseconds from the event until a request was sent that the baseline answered; undefined: there was none. */
  toBaseline?: number | undefined;
  /** From the end of the event until one was sent that the lane answered. */
  toLane?: number | undefined;
}

/** @param figures whether to measure too what the way over this computer costs */
export async function localLane(
  test: TestCluster,
  report: Report,
  figures: boolean,
): Promise<LocalMeasured[]> {
  const measured: LocalMeasured[] = [];
  const measure = async (what: string, event: (watch: AnswerWatch) => Promise<Partial<LocalMeasured>>) => {
    const watch = new AnswerWatch(test, { service, version });
    let times: Partial<LocalMeasured> = {};
    const row = await underLoad(
      test,
      { what, colors, moving: [`${service} ${version}`], timesTheRate },
      async () => {
        times = await event(watch);
      },
    );
    watch.stop();
    measured.push({ ...row, ...times });
    checkUnharmed(report, row);
    if (times.toBaseline !== undefined) {
      const { toBaseline } = times;
      report.check(`  the baseline served after ${toBaseline} ms, within two seconds`, toBaseline <= 2_000);
    }
  };

  let lane = await LocalLane.start(test, { service, version });
  await measure('your computer becomes a lane', async (watch) => {
    const began = performance.now();
    await lane.serves();
    return { toLane: await watch.firstBy(version, began) };
  });
  if (figures) {
    const ways = { 'service-b in the cluster': 'release-v1', 'service-b on this computer': version };
    report.note(await speedOf(test, ways));
  }
  await people(test, report, lane);
  await callsOut(test, report, lane);
  await strangers(test, report, lane);
  for (const death of deaths) await measure(death.what, (watch) => die(test, lane, death, watch));
  await measure('10 reconnections', async (watch) => {
    let slowest = 0;
    for (let round = 0; round < 10; round++) {
      const cut = performance.now();
      process.kill(lane.portForwardPid(), 'SIGKILL');
      await sleep(sureMs);
      slowest = Math.max(slowest, await backAfter(watch, cut, sureMs));
    }
    return { toLane: slowest };
  });
  await measure('stopped by Ctrl-C', async (watch) => {
    const exitCode = await lane.interrupt();
    report.check('  Ctrl-C takes the lane away, and ends well', exitCode === 0, exitCode);
    await watch.firstBy('release', performance.now());
    return {};
  });
  lane = await LocalLane.start(test, { service, version });
  await lane.serves();
  await measure('kill -9 of the process', async (watch) => {
    const began = performance.now();
    process.kill(lane.programPid(), 'SIGKILL');
    const toBaseline = await watch.firstBy('release', began);
    await lane.command;
    return { toBaseline };
  });
  lane = await LocalLane.start(test, { service, version });
  await lane.serves();
  await measure('kill -9 of the command; the next one takes its lane over', async (watch) => {
    const began = performance.now();
    const program = lane.programPid();
    process.kill(lane.pid, 'SIGKILL');
    const toBaseline = await watch.firstBy('release', began);
    endOrphan(program);
    const again = performance.now();
    lane = await LocalLane.start(test, { service, version });
    return { toBaseline, toLane: await watch.firstBy(version, again) };
  });
  await lane.interrupt();
  await breakpoints(test, report);
  await localBytes(test, report);
  await localGrpc(test, report);
  await callsOutOnly(test, report);
  return measured;
}

/** A program whose command is gone: its guard ends it too (runtime/guard.ts), and may have done so already. */
function endOrphan(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function die(test: TestCluster, lane: LocalLane, { happen, undo, brief }: Death, watch: AnswerWatch) {
  const began = performance.now();
  await happen(lane, test);
  const toBaseline = brief ? undefined : await watch.firstBy('release', began);
  if (undo) await sleep(hangSeconds * 1_000 - (performance.now() - began));
  const ended = performance.now();
  await undo?.(lane);
  const toLane = undo
    ? await watch.firstBy(version, ended)
    : await backAfter(watch, began, toBaseline ?? sureMs);
  return { toBaseline, toLane };
}

/** Milliseconds from `since` until the lane answers, where what it answers before `lostMs` does not count. */
async function backAfter(watch: AnswerWatch, since: number, lostMs: number): Promise<number> {
  return Math.round(lostMs + (await watch.firstBy(version, since + lostMs)));
}

/** Several people at once, and whose name a lane has. */
async function people(test: TestCluster, report: Report, lane: LocalLane): Promise<void> {
  const other = await LocalLane.start(test, { service, version: 'you' });
  await other.serves();
  await lane.serves();
  report.check('two people at once, each in a lane of their own', true);
  const { stdout } = await coloring(test, 'lane', 'list');
  const mine = stdout.split('\n').filter((line) => / (me|you) /.test(line));
  report.check(
    'lane list says that they are computers, and whose',
    mine.length === 2 && mine.every((line) => line.includes(`@${hostname()}`)),
    stdout,
  );
  const taken = await LocalLane.start(test, { service, version });
  const refused = await taken.command;
  report.check(
    'a name that somebody has is refused, and it is said who has it',
    refused.exitCode === 2 && refused.all.includes(hostname()),
    refused.all,
  );
  const deployed = await LocalLane.start(test, { service, version: 'release-v1' });
  const exists = await deployed.command;
  report.check('a version that is deployed too', exists.exitCode === 2, exists.all);
  await other.interrupt();
}

function coloring(test: TestCluster, ...args: readonly string[]) {
  const at = ['--context', test.cluster.context, '--lanes', test.lanes.file];
  return execa(process.execPath, ['cli/coloring.mjs', ...args, ...at], { reject: false });
}

/** As a table, beside what `renderMeasured` tells of the same rows. */
export function renderTimes(rows: readonly LocalMeasured[]): string {
  const table = new Table({
    head: ['your computer is a lane', 'until the baseline serves, ms', 'until the lane is back, ms'],
    style: { head: [], border: [], compact: true },
  });
  for (const { what, toBaseline, toLane } of rows) table.push([what, toBaseline ?? '-', toLane ?? '-']);
  return table.toString();
}
