/** What the way over the relay costs: the lane on this computer against one whose pod is in the cluster. */
import autocannon from 'autocannon';
import Table from 'cli-table3';
import type { TestCluster } from '../test-cluster.ts';

const steadyRate = 200;
const seconds = 8;

interface Speed {
  /** Milliseconds at {@link steadyRate} requests a second. */
  p50: number;
  p99: number;
  /** As fast as 32 connections get answers. */
  requestsPerSecond: number;
}

/** @param versions by what the table calls them; each has a pod or a computer, and serves its own colour */
export async function speedOf(
  test: TestCluster,
  versions: Readonly<Record<string, string>>,
): Promise<string> {
  const table = new Table({
    head: ['client → gateway → service-a → service-b', `p50 ms at ${steadyRate}/s`, 'p99 ms', 'requests/s'],
    style: { head: [], border: [], compact: true },
  });
  for (const [what, color] of Object.entries(versions)) {
    const { p50, p99, requestsPerSecond } = await measure(test, color);
    table.push([what, p50, p99, requestsPerSecond]);
  }
  return table.toString();
}

async function measure(test: TestCluster, color: string): Promise<Speed> {
  const common = { url: test.url, headers: { [test.lanes.header]: color }, duration: seconds };
  await autocannon({ ...common, connections: 4, duration: 2 });
  const steady = await autocannon({ ...common, connections: 8, overallRate: steadyRate });
  const full = await autocannon({ ...common, connections: 32 });
  return {
    p50: steady.latency.p50,
    p99: steady.latency.p99,
    requestsPerSecond: Math.round(full.requests.average),
  };
}
