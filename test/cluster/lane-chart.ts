/**
 * The other dialect, in a namespace of its own beside the first one: lanes as releases of charts/lane, which come and go
 * by plain Helm, from several writers without a lock, and die.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { valueFlags } from '../../cluster/helm-values.ts';
import { laneValues } from '../../cluster/releases.ts';
import { parseLanes } from '../../lanes/lanes.ts';
import { diesUnnoticed } from './lane-dies.ts';
import { checkUnharmed, type Measured, underLoad } from './lanes-under-load.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const host = 'lane-chart.test';
const lanes = parseLanes(`
namespace: lane-chart
dialect: gateway
services:
  service-a: { port: 31000, calls: service-b, hosts: [${host}], versions: [release, release-v1] }
  service-b: { port: 32000, versions: [release, release-v1] }
`);

/** The gateway of the other dialect runs already: a Gateway in its namespace that has its address adds a listener. */
const gateway = {
  'gateway.name': 'lane-chart',
  'gateway.namespace': 'istio-system',
  'gateway.pods.selector': { istio: 'ingressgateway' },
};
const door = {
  'gateway.addresses': [{ type: 'Hostname', value: 'istio-ingressgateway.istio-system.svc.cluster.local' }],
  'gateway.allowedRoutes': { namespaces: { from: 'All' } },
};

/** @param rounds each of two writers adds and removes a lane as often */
export async function laneChart(other: TestCluster, report: Report, rounds: number): Promise<Measured[]> {
  const test = other.of(lanes, { host });
  const install = installer(test, await images(other));
  await test.apply(
    `{apiVersion: v1, kind: Namespace, metadata: {name: ${test.namespace}, labels: {istio-injection: enabled}}}`,
  );
  try {
    for (const [service, version] of everything()) await install(service, version);
    // Until then the other dialect's rules, which are for any host, answer.
    await test.cluster.kubectl([
      ...['wait', 'gateways.gateway.networking.k8s.io/lane-chart', '--namespace', 'istio-system'],
      ...['--for=condition=Programmed', '--timeout=60s'],
    ]);
    await test.serves('service-a', 'release-v1');
    await test.serves('service-b', 'release-v1');
    return [
      await comesAndGoes(test, report, rounds, install),
      ...(await diesUnnoticed(test, report, ['service-a', 'service-b'], 'charts/lane, at both services')),
    ];
  } finally {
    await clear(test);
  }
}

function everything(): [service: string, version: string][] {
  return ['release', 'release-v1'].flatMap((version) =>
    ['service-b', 'service-a'].map((service): [string, string] => [service, version]),
  );
}

type Install = (service: string, version: string) => Promise<void>;

/** As a person or a pipeline would, and nothing before or after it. */
function installer(test: TestCluster, images: Readonly<Record<string, string>>): Install {
  return async (name, version) => {
    const service = test.service(name);
    const values = {
      ...{ service: name, version, port: service.port, image: images[name] ?? '' },
      baseline: service.baseline,
      ...(service.entry && { ...gateway, ...(version === service.baseline && door) }),
    };
    await test.helm(
      ...['upgrade', '--install', `${name}-${version}`, 'charts/lane', '--wait', '--timeout', '180s'],
      ...valueFlags(values),
      ...laneValues(lanes, service, version),
    );
  };
}

/** Those that the cluster has already. */
async function images(other: TestCluster): Promise<Record<string, string>> {
  const pairs = ['service-a', 'service-b'].map(async (name) => [name, await other.image(name)] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

/** Two writers that know nothing of each other. */
async function comesAndGoes(
  test: TestCluster,
  report: Report,
  rounds: number,
  install: Install,
): Promise<Measured> {
  const moving = [
    ['service-a', 'release-v7'],
    ['service-b', 'release-v8'],
  ] as const;
  const colors = ['-', 'release-v1', 'release-v7', 'release-v8', 'release-v9'];
  const row = await underLoad(
    test,
    {
      what: `charts/lane by plain Helm, two writers: ${rounds * 2} additions and ${rounds * 2} removals`,
      colors,
      moving: moving.map((lane) => lane.join(' ')),
    },
    async () => {
      const writers = moving.map(async ([service, version]) => {
        for (let round = 0; round < rounds; round++) {
          await install(service, version);
          await test.serves(service, version);
          await sleep(randomInt(1_000));
          await test.helm('uninstall', `${service}-${version}`, '--wait', '--timeout', '120s');
          await sleep(randomInt(1_000));
        }
      });
      await Promise.all(writers);
    },
  );
  checkUnharmed(report, row);
  for (const [service, version] of moving) {
    const served = row.load.servedBy.get(`${service} ${version}`) ?? 0;
    report.check(`  ${served} of them were served by ${service} ${version}`, served > 0);
  }
  return row;
}

/** The lanes, then the baselines; what is left after that is a fault of the chart. */
async function clear(test: TestCluster): Promise<void> {
  for (const [service, version] of everything().reverse()) {
    await test.helm('uninstall', `${service}-${version}`, '--wait', '--ignore-not-found');
  }
  await test.cluster.kubectl(['delete', 'namespace', test.namespace, '--wait=false']);
}
