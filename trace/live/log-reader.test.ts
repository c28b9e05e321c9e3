import { expect, it } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { CommandFailed } from '../../cluster/shell.ts';
import { istioFormat, lineReader } from '../log-format.ts';
import { LogReader } from './log-reader.ts';
import type { LoggedProxy } from './proxies.ts';

/** What kubelet keeps of the logs of some pods, and what it says instead of some. */
class FakeCluster {
  readonly lines = new Map<string, string[]>();
  readonly refusals = new Map<string, string>();
  readonly asked: string[][] = [];

  log(pod: string, seconds: number, id: string): void {
    const at = new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
    this.lines.set(pod, [...(this.lines.get(pod) ?? []), `${at} ${accessLog(at, id)}`]);
  }

  async kubectl(args: readonly string[]): Promise<string> {
    this.asked.push([...args]);
    const [, pod = ''] = args;
    const refusal = this.refusals.get(pod);
    if (refusal) throw new CommandFailed(`kubectl logs ${pod}`, refusal);
    const since = args.find((arg) => arg.startsWith('--since-time='))?.slice('--since-time='.length);
    const most = Number(args.find((arg) => arg.startsWith('--tail='))?.slice('--tail='.length));
    const all = (this.lines.get(pod) ?? []).filter((line) => !since || line.slice(0, since.length) >= since);
    return all.slice(-most).join('\n');
  }
}

/** A line as Istio writes it by default. */
function accessLog(at: string, id: string): string {
  const values: Record<string, string> = {
    START_TIME: at,
    'REQ(:METHOD)': 'GET',
    'REQ(X-REQUEST-ID)': id,
    RESPONSE_CODE: '200',
    UPSTREAM_CLUSTER_RAW: 'outbound|80|v1|b.shop.svc.cluster.local',
  };
  return istioFormat.replace(/%([^%]+)%/g, (_, name: string) => values[name] ?? '-');
}

function proxy(pod: string, namespace = 'shop'): LoggedProxy {
  return { namespace, pod, type: 'sidecar', party: { service: 'a', instance: pod } };
}

function readerOf(cluster: FakeCluster, maxLines?: number): LogReader {
  const reader = new LogReader({
    cluster: cluster as unknown as Cluster,
    ...(maxLines && { maxLines }),
  });
  reader.use(lineReader({ header: 'project-version' }), { at: () => undefined, route: () => undefined });
  return reader;
}

const ids = (hops: readonly { requestId: string }[]) => hops.map(({ requestId }) => requestId);

it('reads what is new only, however coarse the time is that kubectl can be told', async () => {
  const cluster = new FakeCluster();
  const reader = readerOf(cluster);
  cluster.log('a-1', 1, 'first');
  expect(ids((await reader.read([proxy('a-1')], 5, true)).hops)).toEqual(['first']);
  cluster.log('a-1', 2, 'second');
  const again = await reader.read([proxy('a-1')], 5, true);
  expect(ids(again.hops)).toEqual(['second']);
  expect(again.notes).toEqual([]);
  expect(cluster.asked.map((args) => args.find((arg) => arg.startsWith('--since')))).toEqual([
    '--since=5s',
    '--since-time=2026-01-01T00:00:01.000Z',
  ]);
});

it('takes the newest of more lines than it reads at a time, and says so', async () => {
  const cluster = new FakeCluster();
  for (let i = 0; i < 10; i++) cluster.log('a-1', i, `r${i}`);
  const { hops, notes } = await readerOf(cluster, 3).read([proxy('a-1')], 60);
  expect(ids(hops)).toEqual(['r7', 'r8', 'r9']);
  expect(notes).toEqual(['a-1 wrote more than 3 lines at a time: only the newest were read']);
});

it('says where a log was rotated away between two readings', async () => {
  const cluster = new FakeCluster();
  const reader = readerOf(cluster);
  cluster.log('a-1', 1, 'first');
  await reader.read([proxy('a-1')], 5, true);
  cluster.lines.clear();
  cluster.log('a-1', 9, 'later');
  const { hops, notes } = await reader.read([proxy('a-1')], 5, true);
  expect(ids(hops)).toEqual(['later']);
  expect(notes).toEqual(['the log of a-1 was rotated away while it was read: some of its lines are missing']);
});

it('names a namespace whose logs may not be read once, and reads the others', async () => {
  const cluster = new FakeCluster();
  const forbidden = 'Error from server (Forbidden): pods "b-1" is forbidden: User "u" cannot get "pods/log"';
  for (const pod of ['b-1', 'b-2']) cluster.refusals.set(pod, forbidden);
  cluster.refusals.set('gone', 'Error from server (NotFound): pods "gone" not found');
  cluster.refusals.set('odd', 'Unable to connect\nerror: unexpected EOF');
  cluster.log('a-1', 1, 'first');
  const all = [proxy('a-1'), proxy('b-1', 'vault'), proxy('b-2', 'vault'), proxy('gone'), proxy('odd')];
  const { hops, notes } = await readerOf(cluster).read(all, 5);
  expect(ids(hops)).toEqual(['first']);
  expect(notes.sort()).toEqual([
    'no right to read logs in namespace vault (pods/log): its proxies are not seen',
    'the log of shop/odd cannot be read: error: unexpected EOF',
  ]);
});
