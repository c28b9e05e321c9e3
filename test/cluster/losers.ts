/**
 * test/worlds/losers on the cluster, where the local mesh runs it too: three services in a row, the middle one drops the
 * colour, changes it, or begins a new request id. trace names each, by a probe of its own and by traffic that flows.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { versionEnvironment } from '../../lanes/environment.ts';
import { type LaneService, type Lanes, type LaneVersion, parseLanes } from '../../lanes/lanes.ts';
import { probe } from '../../lanes/probe.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const world = 'test/worlds/losers';
const namespace = 'losers';
const host = 'losers.test';

/** As `coloring trace` says it, without what differs from run to run. */
const verdict = [
  'api/changes changes project-version: came in as changes, went out as release-v9',
  'api/drops drops project-version: came in as drops, went out without',
  'api/id begins a new x-request-id for each call',
];

export async function losersAreNamed(test: TestCluster, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'losers-'));
  try {
    const file = join(folder, 'lanes.yaml');
    const lanes = await placed(file);
    await deploy(test, lanes, file);
    const context = ['--context', test.cluster.context, '--lanes', file];
    const traced = await trace([...context, '--url', test.url, '--host', host]);
    report.check(
      'trace names who drops the colour, changes it, and begins a new request id',
      traced.exitCode === 1 && verdict.every((line) => traced.stdout.includes(line)),
      traced,
    );
    report.check(
      'and shows the way of each request as a tree',
      /gateway → web\/drops .*\n +web\/drops → api\/drops .*\n +api\/drops → stock\/release .*colour dropped/.test(
        traced.stdout,
      ),
      traced.stdout,
    );
    await watched(test, report, context);
  } finally {
    await test.kubectl('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found');
    await rm(folder, { recursive: true });
  }
}

/** Traffic of others: trace sends nothing, and judges it until Ctrl-C. */
async function watched(test: TestCluster, report: Report, context: readonly string[]): Promise<void> {
  const watching = trace([...context, '--watch', '--json'], test.shell.signal);
  const until = Date.now() + 60_000;
  let told = '';
  watching.stdout?.on('data', (chunk) => {
    told += chunk;
  });
  // The last line may have come in part.
  const sums = () => JSON.parse(told.split('\n').at(-2) || '{}') as Sums;
  const isTold = () => verdict.length === (sums().findings ?? []).length;
  while (Date.now() < until && !isTold()) {
    for (const color of ['drops', 'changes', 'id', undefined])
      await probe({ url: test.url, path: '/', header: 'project-version' }, { color, host });
    await sleep(500, undefined, { signal: test.shell.signal });
  }
  watching.kill('SIGINT');
  const { exitCode } = await watching;
  const named = (sums().findings ?? []).map(({ by, what }) => `${by.service}/${by.version} ${what}`).sort();
  report.check(
    'trace --watch names the same in traffic that flows',
    exitCode === 1 && named.join() === 'api/changes changed,api/drops dropped,api/id request-id',
    { exitCode, named },
  );
}

interface Sums {
  findings?: { by: { service: string; version: string }; what: string }[];
}

function trace(args: readonly string[], cancelSignal?: AbortSignal) {
  const options = {
    reject: false,
    forceKillAfterDelay: false,
    ...(cancelSignal && { cancelSignal }),
  } as const;
  return execa(process.execPath, ['cli/coloring.mjs', 'trace', ...args], options);
}

/** The lanes of that world, in a namespace of their own and behind a host of their own. */
async function placed(file: string): Promise<Lanes> {
  const text = await readFile(join(world, 'lanes.yaml'), 'utf8');
  const own = text.replace('web: {', `web: { hosts: [${host}],`);
  await writeFile(file, `namespace: ${namespace}\n${own}`);
  return parseLanes(await readFile(file, 'utf8'), file);
}

async function deploy(test: TestCluster, lanes: Lanes, file: string): Promise<void> {
  const labels = { 'istio-injection': 'enabled' };
  await test.apply(
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }),
  );
  const program = await readFile(join(world, 'api.mjs'), 'utf8');
  const images = {
    'service-a': await test.image('service-a'),
    'service-b': await test.image('service-b'),
  };
  const items = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'program', namespace },
      data: { 'api.mjs': program },
    },
    ...lanes.services.flatMap((service) => [
      serviceObject(service),
      ...service.versions.map((version) => podOf(lanes, service, version, images[service.standIn])),
    ]),
  ];
  await test.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const { stdout: rules } = await execa(process.execPath, ['cli/coloring.mjs', 'rules', '--lanes', file]);
  await test.apply(rules);
  await test.kubectl('wait', 'pods', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=300s');
}

function serviceObject({ name, port }: LaneService) {
  const ports = [{ name: 'http', port, appProtocol: 'http' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports },
  };
}

/** A pod of its own for each version: nothing here has to come back. */
function podOf(lanes: Lanes, service: LaneService, version: LaneVersion, image: string) {
  const env = { ...versionEnvironment(lanes, service, version), PORT: service.port, HOST: '0.0.0.0' };
  const { run } = version;
  const own = run.type === 'command' ? { command: run.command, workingDir: '/program' } : {};
  const container = {
    name: 'app',
    image,
    ...own,
    env: Object.entries(env).map(([name, value]) => ({ name, value: String(value) })),
    readinessProbe: { tcpSocket: { port: service.port }, periodSeconds: 1 },
    volumeMounts: [{ name: 'program', mountPath: '/program' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${service.name}-${version.name}`, namespace, labels: version.labels },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [container],
      volumes: [{ name: 'program', configMap: { name: 'program' } }],
    },
  };
}
