/** Lanes come and go, images change, pods die: under load, and nobody notices. */
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { type Allowed, type LoadReport, startLoad, total } from './load.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

/** A row of the table that README shows. */
export interface Measured {
  what: string;
  load: LoadReport;
  /** Why the event could not be done. */
  problem?: string | undefined;
}

/** The law, with some leeway: a lane that is coming or going may be served by baseline or by the lane. */
function lawWith(test: TestCluster, moving: readonly string[]): Allowed {
  return (service, color) => {
    const { versions, baseline } = test.service(service);
    const has = versions.some(({ name }) => name === color);
    if (moving.includes(`${service} ${color}`)) return [baseline, color];
    return [has ? color : baseline];
  };
}

export interface LoadWhile {
  /** What happens meanwhile: the title of the row. */
  what: string;
  /** Sent in turn. */
  colors: readonly string[];
  /** Versions that come or go, as `service-a release-v7`. */
  moving: readonly string[];
  /** How many times the test's rate; default: 1. */
  timesTheRate?: number;
}

/** Runs `event` under load. */
export async function underLoad(
  test: TestCluster,
  { what, colors, moving, timesTheRate = 1 }: LoadWhile,
  event: () => Promise<void>,
): Promise<Measured> {
  const load = startLoad({
    origin: test.url,
    host: test.host,
    colors,
    allowed: lawWith(test, moving),
    requestsPerSecond: test.requestsPerSecond * timesTheRate,
  });
  let problem: string | undefined;
  try {
    await sleep(2_000);
    await event();
    await sleep(2_000);
  } catch (error) {
    problem = String(error);
  }
  return { what, load: await load.stop(), problem };
}

/** Checks that the event could be done and cost nothing. */
export function checkUnharmed(report: Report, { what, load, problem }: Measured): void {
  const { sent, failed, wrongLane } = load;
  report.check(
    `${what}: ${sent} requests, none failed, none in the wrong lane`,
    problem === undefined && total(failed) + total(wrongLane) === 0,
    { ...(problem && { problem }), ...Object.fromEntries([...failed, ...wrongLane]) },
  );
}

/** @param rounds in each the lanes come, all at once, and go */
export async function lanesUnderLoad(test: TestCluster, report: Report, rounds: number): Promise<Measured[]> {
  const colors = [
    '-',
    'release-v1',
    'release-v2',
    'release-v3',
    'release-v7',
    'release-v8',
    'release-v9',
    'release-v10',
  ];
  const lanes = [
    ['service-a', 'release-v7'],
    ['service-b', 'release-v8'],
    ['service-b', 'release-v10'],
  ] as const;
  const moving = lanes.map((lane) => lane.join(' '));
  const measured: Measured[] = [];
  const measure = async (what: string, event: () => Promise<void>) => {
    const row = await underLoad(test, { what, colors, moving }, event);
    measured.push(row);
    checkUnharmed(report, row);
  };
  const moves = rounds * lanes.length;
  await measure(`${moves} additions and ${moves} removals of lanes, two of one service at once`, async () => {
    for (let round = 0; round < rounds; round++) {
      await Promise.all(lanes.map(([service, version]) => test.addLane(service, version)));
      await Promise.all(lanes.map(([service, version]) => test.removeLane(service, version)));
    }
  });
  await measure('a new image of the baseline', async () => {
    for (const service of ['service-b', 'service-a']) {
      const image = await test.newImage(service);
      await test.kubectl('set', 'image', `deployment/${service}-release`, `app=${image}`);
      await test.rolledOut(`${service}-release`);
    }
  });
  await measure('a pod of the baseline killed (2 replicas)', async () => {
    for (const service of ['service-a', 'service-b']) {
      await test.kubectl('scale', `deployment/${service}-release`, '--replicas=2');
      await test.rolledOut(`${service}-release`);
      const [pod = ''] = (
        await test.kubectl('get', 'pods', '--selector', `app=${service},version=release`, '-o', 'name')
      ).split('\n');
      await test.kubectl('delete', pod, '--wait=true');
      await test.rolledOut(`${service}-release`);
      await test.kubectl('scale', `deployment/${service}-release`, '--replicas=1');
    }
  });
  await measure('route removed, then scaled to zero', async () => {
    await test.addLane('service-a', 'release-v7');
    await test.helm(
      ...['upgrade', 'service-a-routes', 'charts/routes', '--reset-then-reuse-values'],
      ...['--set', 'states.release-v7=subset'],
    );
    await sleep(2_000);
    await test.kubectl('scale', 'deployment/service-a-release-v7', '--replicas=0');
    await sleep(8_000);
    await test.removeLane('service-a', 'release-v7');
  });
  return measured;
}

/** As a table for the end of the test and for the cluster guide. */
export function renderMeasured(rows: readonly Measured[]): string {
  const table = new Table({
    head: ['under load', 'requests', '/s', 'failed', 'wrong lane', 'slowest ms', 'how they failed'],
    style: { head: [], border: [], compact: true },
  });
  for (const { what, load } of rows) {
    table.push([
      what,
      load.sent,
      Math.round(load.sent / load.seconds),
      total(load.failed),
      total(load.wrongLane),
      Math.round(load.slowestMs),
      [...load.failed]
        .map(([how, n]) => `${n}x ${how.slice(0, 40)}`)
        .slice(0, 2)
        .join('; '),
    ]);
  }
  return table.toString();
}
