/**
 * Both dialects on one cluster: `deploy --dialect gateway` into a namespace of its own, beside the demo's VirtualServices.
 * Lanes come and go there by the same commands, and lane, explain, trace and map see each namespace as it is.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { stringify } from 'yaml';
import { gatewayPodLabel } from '../../lanes/generate/gateway-api.ts';
import { readLanes } from '../../lanes/lanes.ts';
import { chromiumPath } from '../map/browser.ts';
import { checkUnharmed, type Measured, underLoad } from './lanes-under-load.ts';
import { AnswerWatch, LocalLane } from './local-lane/command.ts';
import { type Seen, withMap } from './map-page.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const namespace = 'two-dialects';

/** @param rounds each adds and removes one lane of each service */
export async function twoDialects(other: TestCluster, report: Report, rounds: number): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), 'two-dialects-'));
  const file = join(folder, 'lanes.yaml');
  // The dialect is said once, to `deploy`; all others find it.
  const demo = await readFile(other.lanes.file, 'utf8');
  await writeFile(file, demo.replace(/^namespace: .*/m, `namespace: ${namespace}`));
  const coloring = (...args: readonly string[]) =>
    execa(
      process.execPath,
      ['cli/coloring.mjs', ...args, '--context', other.cluster.context, '--lanes', file],
      {
        reject: false,
        cancelSignal: other.shell.signal,
      },
    );
  try {
    const images = await Promise.all(
      ['service-a', 'service-b'].map(async (name) => ['--image', `${name}=${await other.image(name)}`]),
    );
    const deploy = ['deploy', '--no-istio', ...images.flat()];
    const deployed = await coloring(...deploy, '--dialect', 'gateway');
    report.check(
      'deploy --dialect gateway: every colour is answered as the law says',
      deployed.exitCode === 0,
      deployed.stderr,
    );
    const again = await coloring(...deploy, '--dialect', 'istio');
    report.check(
      'the other dialect is refused there',
      again.exitCode === 1 && again.stderr.includes(`in namespace ${namespace} as HTTPRoutes already`),
      again.stderr,
    );
    const url = await urlOf(other);
    const test = other.of(await readLanes(file), { url });
    const row = await comeAndGo(test, report, rounds);
    const ownComputer = await computerByRoutes(test, report);
    const list = await coloring('lane', 'list');
    report.check('lane list', list.stdout.match(/1\/1 +(baseline|yes)/g)?.length === 6, list.stdout);
    const explained = await execa(
      process.execPath,
      [
        ...['cli/coloring.mjs', 'explain', '--context', other.cluster.context, '-n', namespace],
        ...['--from', 'deploy/service-a-release', '-H', 'project-version: release-v1', '--compare'],
        'http://service-b:32000/',
      ],
      { reject: false },
    );
    report.check(
      'explain: by the HTTPRoute, and Envoy has it so',
      explained.exitCode === 0 && explained.stdout.includes(`HTTPRoute ${namespace}/service-b-release-v1`),
      explained.stdout + explained.stderr,
    );
    const unknown = await coloring('trace');
    report.check(
      'trace: the port that kind publishes is of the other gateway, so it says what to do',
      unknown.exitCode === 2 && unknown.stderr.includes('port-forward service/coloring-istio'),
      unknown.stderr,
    );
    const traced = await coloring('trace', '--url', url);
    report.check(
      'trace: the routes of both hops, and nobody loses the colour',
      traced.exitCode === 0 && /service-a\.release-v1.*service-b\.release-v1/s.test(traced.stdout),
      traced.stdout + traced.stderr,
    );
    if (chromiumPath) {
      await withMap(test, report, process.env.KUBECONFIG ?? '', onTheMap);
    } else report.skip('the traffic map in a browser', 'there is no chromium');
    return [row, ownComputer];
  } finally {
    await other.cluster.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
    await rm(folder, { recursive: true });
  }
}

/** Where the Gateway answers: kind publishes no second port, but its node can be reached from this computer. */
async function urlOf({ cluster, shell }: TestCluster): Promise<string> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'door', namespace },
    spec: { type: 'NodePort', selector: { [gatewayPodLabel]: 'coloring' }, ports: [{ port: 80 }] },
  };
  await cluster.kubectl(['apply', '--filename', '-'], { input: stringify(service) });
  const port = await cluster.kubectl([
    ...['get', 'service', 'door', '--namespace', namespace],
    ...['-o', 'jsonpath={.spec.ports[0].nodePort}'],
  ]);
  const address = await cluster.kubectl([
    ...['get', 'nodes', '-o'],
    'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}',
  ]);
  const url = `http://${address}:${port}`;
  // The node opens the port when its kube-proxy has heard of it.
  const isOpen = () =>
    fetch(url).then(
      ({ status }) => status === 200,
      () => false,
    );
  const message = `${url} does not answer`;
  await pWaitFor(isOpen, { interval: 200, timeout: { milliseconds: 60_000, message }, signal: shell.signal });
  return url;
}

async function comeAndGo(test: TestCluster, report: Report, rounds: number): Promise<Measured> {
  const lanes = [
    ['service-a', 'release-v7'],
    ['service-b', 'release-v8'],
  ] as const;
  const colors = ['-', 'release-v1', 'release-v2', 'release-v3', 'release-v7', 'release-v8', 'release-v9'];
  const row = await underLoad(
    test,
    {
      what: `dialect gateway: ${rounds * 2} lane add and ${rounds * 2} lane remove`,
      colors,
      moving: lanes.map((lane) => lane.join(' ')),
    },
    async () => {
      for (let round = 0; round < rounds; round++) {
        await Promise.all(lanes.map(([service, version]) => test.addLane(service, version)));
        await Promise.all(lanes.map(([service, version]) => test.removeLane(service, version)));
      }
    },
  );
  checkUnharmed(report, row);
  for (const [service, version] of lanes) {
    const served = row.load.servedBy.get(`${service} ${version}`) ?? 0;
    report.check(`  ${served} of them were served by ${service} ${version}`, served > 0);
  }
  return row;
}

/** `lane local` of a service that HTTPRoutes lead to: it comes, its process is stopped, and Ctrl-C takes it away. */
async function computerByRoutes(test: TestCluster, report: Report): Promise<Measured> {
  const lane = { service: 'service-b', version: 'me' };
  const watch = new AnswerWatch(test, lane);
  const row = await underLoad(
    test,
    {
      what: 'dialect gateway: your own computer comes, is stopped, comes back and goes',
      colors: [lane.version, '-', 'release-v1', 'release-v3'],
      moving: [`${lane.service} ${lane.version}`],
    },
    async () => {
      const mine = await LocalLane.start(test, lane);
      try {
        await mine.serves();
        const stopped = performance.now();
        const pid = mine.programPid();
        process.kill(pid, 'SIGSTOP');
        const ms = await watch.firstBy(test.lanes.services[1]?.baseline ?? 'release', stopped);
        report.check(
          `your own computer by HTTPRoutes: stopped, the baseline serves after ${ms} ms`,
          ms <= 2_000,
        );
        process.kill(pid, 'SIGCONT');
        await watch.firstBy(lane.version, performance.now());
      } finally {
        report.check('  Ctrl-C takes it away', (await mine.interrupt()) === 0, mine.said);
      }
    },
  );
  watch.stop();
  checkUnharmed(report, row);
  const left = await test.kubectl(
    'get',
    'jobs,httproutes',
    '-l',
    `app=${lane.service},version=${lane.version}`,
    '-o',
    'name',
  );
  report.check('  nothing of it is left', left === '', left);
  return row;
}

async function onTheMap(seen: Seen): Promise<void> {
  const { test, page } = seen;
  await seen.expect(
    'map: gateway, services and versions, all of them ready and routed',
    () => page.locator('.box').evaluateAll((all) => all.map(({ className }) => className)),
    (all) => all.length === 7 && all.every((name) => !/unready|stopped|no-route/.test(name)),
  );
  await seen.send('release-v1');
  await seen.expect(
    'who served',
    () => seen.trails(),
    // The newest; below stands what went through the gateway before the map was up.
    ([newest]) => newest === 'release-v1 → release-v1',
  );
  await test.kubectl('scale', 'deployment/service-b-release-v1', '--replicas=0');
  await seen.expect(
    'a lane that dies is marked',
    () => seen.version('service-b', 'release-v1').getAttribute('class'),
    (name) => !/\bready\b/.test(name ?? ''),
  );
  await seen.send('release-v1');
  await seen.expect(
    'and served by the baseline',
    () => seen.trails(),
    ([newest]) => newest === 'release-v1 → release ↩',
  );
}
