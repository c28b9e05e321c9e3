/** What a lane costs: memory and CPU of app and sidecar, as the kubelet measures them, and seconds until it answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { startLoad } from './load.ts';
import type { TestCluster } from './test-cluster.ts';

interface Summary {
  pods: {
    podRef: { name: string; namespace: string };
    containers: {
      name: string;
      cpu?: { usageNanoCores?: number; usageCoreNanoSeconds?: number };
      memory?: { workingSetBytes?: number };
    }[];
  }[];
}

interface Usage {
  memoryMiB: number;
  /** Seconds of CPU since it started. */
  cpuSeconds: number;
}

/** The kubelet's figures are up to this old. */
const housekeepingMs = 20_000;

export async function costOfLane(test: TestCluster): Promise<string> {
  const began = performance.now();
  const adding = test.addLane('service-b', 'release-v5');
  await test.serves('service-b', 'release-v5');
  const firstAnswer = (performance.now() - began) / 1000;
  await adding;
  const added = (performance.now() - began) / 1000;
  await sleep(housekeepingMs);
  const idle = await usage(test, 'service-b-release-v5');
  const load = startLoad({
    origin: test.url,
    colors: ['release-v5'],
    allowed: () => ['release', 'release-v5'],
    requestsPerSecond: 200,
  });
  await sleep(housekeepingMs);
  const first = await usage(test, 'service-b-release-v5');
  await sleep(housekeepingMs);
  const second = await usage(test, 'service-b-release-v5');
  await load.stop();
  await test.removeLane('service-b', 'release-v5');

  const table = new Table({
    head: ['a lane of one pod', 'memory, idle', 'memory at 200/s', 'CPU at 200/s'],
    style: { head: [], border: [] },
  });
  for (const container of ['app', 'istio-proxy']) {
    const [a, b, c] = [idle, first, second].map((all) => all.get(container));
    const cores = b && c ? (c.cpuSeconds - b.cpuSeconds) / (housekeepingMs / 1000) : Number.NaN;
    table.push([
      container,
      `${a?.memoryMiB.toFixed(0) ?? '?'} MiB`,
      `${c?.memoryMiB.toFixed(0) ?? '?'} MiB`,
      `${(cores * 1000).toFixed(0)} m`,
    ]);
  }
  return `${table.toString()}\nlane add: first answer after ${firstAnswer.toFixed(1)} s, all proxies know it after ${added.toFixed(1)} s`;
}

/** By container, of the first pod whose name begins so. */
async function usage(test: TestCluster, pod: string): Promise<Map<string, Usage>> {
  const node = `${test.kindName}-control-plane`;
  const { cluster } = test;
  const text = await cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`]);
  const found = (JSON.parse(text) as Summary).pods.find(({ podRef }) => podRef.name.startsWith(pod));
  return new Map(
    (found?.containers ?? []).map(({ name, cpu, memory }) => [
      name,
      {
        memoryMiB: (memory?.workingSetBytes ?? 0) / 2 ** 20,
        cpuSeconds: (cpu?.usageCoreNanoSeconds ?? 0) / 1e9,
      },
    ]),
  );
}
