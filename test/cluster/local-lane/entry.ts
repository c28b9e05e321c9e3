/**
 * Somebody with the shipped Role alone makes this computer a lane of a service that the gateway leads to: for calls inside of
 * the mesh, and through the gateway as well once its part of the fallback is there beforehand. Somebody who may write that
 * part then makes a lane as ever. Nobody's request fails in any of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { checkUnharmed, type LoadWhile, underLoad } from '../lanes-under-load.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { LocalLane } from './command.ts';

const lane = { service: 'service-a', version: 'few-rights' } as const;
const next = 'release-v7';
const colors = [lane.version, '-', 'release-v1', next];

/** @param kubeconfig of a user with the Role alone */
export async function roleAtGateway(test: TestCluster, report: Report, kubeconfig: string): Promise<void> {
  const measure = async (load: Omit<LoadWhile, 'colors'>, event: () => Promise<void>) =>
    checkUnharmed(report, await underLoad(test, { ...load, colors }, event));

  let said = '';
  // Nothing moves at the gateway.
  await measure({ what: 'it comes and goes inside of the mesh', moving: [] }, async () => {
    const inside = new InsideLoad(test);
    const mine = await LocalLane.start(test, { ...lane, kubeconfig });
    try {
      await inside.servedBy(lane.version, mine);
      report.check('callers inside of the mesh reach it in its colour', true);
      await killed(mine, inside);
    } finally {
      await mine.interrupt();
      said = mine.said;
      await inside.stop(report);
    }
  });
  const lines = said.split('\n').filter((line) => line.includes('for calls inside of the mesh alone'));
  report.check(
    'it says so before anything is made, and when it is there',
    lines.length === 2 && /serves its colour .* the gateway goes on/.test(lines[1] ?? ''),
    said,
  );

  const [, wayOut = 'false'] = /Who may: (.*)/.exec(lines[0] ?? '') ?? [];
  try {
    // As somebody who may.
    await execa('sh', ['-c', wayOut]);
    await measure(
      { what: 'it comes through the gateway, and dies', moving: [`${lane.service} ${lane.version}`] },
      async () => {
        const inside = new InsideLoad(test);
        const mine = await LocalLane.start(test, { ...lane, kubeconfig });
        try {
          await mine.serves();
          await inside.servedBy(lane.version, mine);
          report.check('with its part there beforehand it answers through the gateway', true);
          await killed(mine, inside);
        } finally {
          await mine.interrupt();
          await inside.stop(report);
        }
        report.check('and nothing is said', !mine.said.includes('inside of the mesh alone'), mine.said);
      },
    );
    const moving = [`${lane.service} ${next}`];
    await measure({ what: 'a lane of somebody who may, after those', moving }, async () => {
      await test.addLane(lane.service, next);
      await test.serves(lane.service, next);
      await test.kubectl('scale', `deployment/${lane.service}-${next}`, '--replicas=0');
      await sleep(2_000);
      await test.removeLane(lane.service, next);
    });
  } finally {
    const beforehand = `${lane.service}-beforehand`;
    await test.kubectl('delete', 'configmap', beforehand, '--ignore-not-found');
    const ofGateway = ['envoyfilter', beforehand, '--namespace', 'istio-system'];
    await test.cluster.kubectl(['delete', ...ofGateway, '--ignore-not-found']);
  }
}

/** Its process is killed, so that the baseline serves until the lane is gone. */
async function killed(mine: LocalLane, inside: InsideLoad): Promise<void> {
  process.kill(mine.programPid(), 'SIGKILL');
  await inside.servedBy('release', mine);
  await mine.command;
}

/** Requests in the colour of the lane, from a pod with a sidecar. */
class InsideLoad {
  readonly #test: TestCluster;
  readonly #counts = new Map<string, number>();
  /** Of the last two seconds. */
  #last: readonly string[] = [];
  #isStopped = false;
  readonly #work: Promise<void>;

  constructor(test: TestCluster) {
    this.#test = test;
    this.#work = this.#run();
    this.#work.catch(() => {}); // `stop` tells
  }

  async #run(): Promise<void> {
    const { port } = this.#test.service(lane.service);
    const script = `const until = Date.now() + 2000, counts = {};
      const headers = { accept: 'application/json', '${this.#test.lanes.header}': '${lane.version}' };
      while (Date.now() < until) {
        const what = await fetch('http://${lane.service}:${port}/', { headers })
          .then(async (answer) => (answer.ok ? (await answer.json()).trail[0].version : 'failed: ' + answer.status), String);
        counts[what] = (counts[what] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log(JSON.stringify(counts));`;
    const inPod = ['deployment/service-b-release', '--container', 'app', '--'];
    while (!this.#isStopped) {
      const text = await this.#test.kubectl(
        ...['exec', ...inPod, 'node', '--input-type=module', '--eval', script],
      );
      const counts = Object.entries(JSON.parse(text) as Record<string, number>);
      for (const [what, n] of counts) this.#counts.set(what, (this.#counts.get(what) ?? 0) + n);
      this.#last = counts.map(([what]) => what);
    }
  }

  /** Until nobody else serves. @throws Error with what the command said, when it ends before */
  async servedBy(version: string, mine: LocalLane): Promise<void> {
    const timeout = { milliseconds: 180_000, message: `not served by ${version} alone: ${mine.said}` };
    await pWaitFor(() => this.#last.length === 1 && this.#last[0] === version, { interval: 100, timeout });
  }

  async stop(report: Report): Promise<void> {
    await sleep(2_000);
    this.#isStopped = true;
    await this.#work;
    const counts = Object.fromEntries(this.#counts);
    const isFine = Object.keys(counts).every((what) => ['release', lane.version].includes(what));
    report.check(`  inside of the mesh none failed either: ${JSON.stringify(counts)}`, isFine, counts);
  }
}
