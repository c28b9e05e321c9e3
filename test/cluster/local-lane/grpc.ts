/**
 * gRPC: a server on this computer is a lane of a service that speaks it. Who asks is a client on this computer too, by
 * `--forward`: into the relay's sidecar, from there by the rules to a pod of the baseline or to the relay and back.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { stringify } from 'yaml';
import { GrpcClients } from '../../../check/agent/grpc.ts';
import { bundleGrpc } from '../../../check/istio/bundle-grpc.ts';
import { variablesOf } from '../../../cluster/lane-steps.ts';
import { readLanes } from '../../../lanes/lanes.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { LocalLane } from './command.ts';

const namespace = 'local-lane-grpc';
const service = 'service-g';
const version = 'me';
const port = 33_000;
const longestMs = 5_000;
const stoppedMs = 4_000;

export async function localGrpc(other: TestCluster, report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'local-lane-grpc-'));
  const clients = new GrpcClients();
  let lane: LocalLane | undefined;
  try {
    const file = join(folder, 'lanes.yaml');
    const services = { [service]: { port, protocol: 'grpc', versions: ['release'] } };
    await writeFile(file, stringify({ namespace, services }));
    const test = other.of(await readLanes(file));
    // Written down by kubectl as an annotation, as apply does it by itself, the program would be too long.
    const apply = ['apply', '--server-side', '--filename', '-'];
    for (const object of await baseline(await other.image('service-b')))
      await test.cluster.kubectl(apply, { input: stringify(object) });
    await test.rolledOut(`${service}-release`);
    const routes = ['routed', 'release', '--', '--set', 'protocol=grpc'];
    await test.cluster.script('routes', routes, variablesOf(test.target(service, 'release')));
    const forward = await getPort();
    lane = await LocalLane.start(test, {
      service,
      version,
      program: ['node', 'check/agent/grpc.ts'],
      options: ['--no-ready-path', '--forward', `${forward}:${service}:${port}`],
    });
    const ask = (color: string) => answerTo(clients, forward, color);
    await Promise.race([
      untilServedBy(version, ask),
      lane.command.then(({ all }) => Promise.reject(new Error(all))),
    ]);
    await lane.says(/✔ .*its colour is led there/);
    report.check('gRPC: this computer answers its colour', true);
    report.check('  and the baseline all others', (await ask('release-v9')) === 'release');
    await stopped(lane, ask, report);
    report.check('  Ctrl-C takes it away', (await lane.interrupt()) === 0, lane.said);
  } finally {
    clients.close();
    await lane?.interrupt();
    await other.cluster.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
    await rm(folder, { recursive: true });
  }
}

/** The process is stopped for some seconds while it is asked again and again. */
async function stopped(
  lane: LocalLane,
  ask: (color: string) => Promise<string>,
  report: Report,
): Promise<void> {
  const answers: string[] = [];
  const asking = new AbortController();
  const asked = (async () => {
    for (; !asking.signal.aborted; await sleep(25)) answers.push(await ask(version));
  })();
  const pid = lane.programPid();
  const began = performance.now();
  process.kill(pid, 'SIGSTOP');
  await untilServedBy('release', ask);
  const ms = Math.round(performance.now() - began);
  report.check(`  stopped, the baseline serves after ${ms} ms`, ms <= 2_000);
  await sleep(stoppedMs);
  process.kill(pid, 'SIGCONT');
  await untilServedBy(version, ask);
  asking.abort();
  await asked;
  const failed = answers.filter((one) => one !== version && one !== 'release');
  report.check(`  ${answers.length} calls meanwhile, none failed`, failed.length === 0, failed);
}

/** The version that answered, or the error. */
async function answerTo(clients: GrpcClients, at: number, color: string): Promise<string> {
  const { body, error } = await clients.send(
    {
      ...{ address: '127.0.0.1', port: at, method: 'POST', target: '/', body: '', http: 'grpc' },
      ...{ times: 1, concurrency: 1, connection: 'keep-alive' },
      headers: [
        ['host', `${service}:${port}`],
        ['project-version', color],
      ],
    },
    longestMs,
  );
  return error ?? JSON.parse(body).trail[0].version;
}

async function untilServedBy(wanted: string, ask: (color: string) => Promise<string>): Promise<void> {
  let last = '';
  const isServed = async () => {
    last = await ask(version);
    return last === wanted;
  };
  const fallback = () => {
    throw new Error(`gRPC: ${wanted} does not answer; last: ${last}`);
  };
  await pWaitFor(isServed, { interval: 20, timeout: { milliseconds: 180_000, fallback } });
}

/** The namespace, and the baseline: the server of lesson 19 in a pod. @param image with Node */
async function baseline(image: string): Promise<object[]> {
  const labels = { app: service, version: 'release' };
  const environment = { SERVICE_NAME: service, PROJECT_VERSION: 'release', PORT: String(port) };
  const container = {
    name: 'app',
    image,
    command: ['node', '/program/grpc.mjs'],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [{ name: 'http', containerPort: port }],
    readinessProbe: { tcpSocket: { port } },
    volumeMounts: [{ name: 'program', mountPath: '/program' }],
  };
  const name = `${service}-release`;
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { 'grpc.mjs': await bundleGrpc() },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [container],
            volumes: [{ name: 'program', configMap: { name } }],
          },
        },
      },
    },
  ];
}
