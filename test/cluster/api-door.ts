/** The way to a cluster's API server, which a test can shut. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { parse, stringify } from 'yaml';
import type { TestCluster } from './test-cluster.ts';

interface KubeConfig {
  clusters: { cluster: { server: string } }[];
}

export interface ApiDoor extends AsyncDisposable {
  /** A file by which kubectl comes through here. */
  kubeconfig: string;
  /** Breaks all connections, and takes no others. */
  shut(): void;
  open(): Promise<void>;
}

export async function apiDoor({ cluster }: TestCluster): Promise<ApiDoor> {
  const config = parse(
    await cluster.kubectl(['config', 'view', '--raw', '--minify', '--flatten']),
  ) as KubeConfig;
  const [first] = config.clusters;
  if (!first) throw new Error(`kubectl knows no cluster of context ${cluster.context}`);
  const { hostname, port: target } = new URL(first.cluster.server);
  // Free now, and the same each time that it is opened.
  const port = await getPort();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const open = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const shut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await open();
  first.cluster.server = `https://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'api-door-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 });
  return {
    kubeconfig,
    shut,
    open,
    [Symbol.asyncDispose]: async () => {
      shut();
      await rm(folder, { recursive: true });
    },
  };
}
