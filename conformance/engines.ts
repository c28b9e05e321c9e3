/** The two engines that are held against each other. */
import type { Engine } from '../check/engine.ts';
import { type ClusterOptions, startCluster } from '../check/istio/cluster.ts';
import { type Channel, channelOf } from '../check/istio/gateway-api-crds.ts';
import { Kubernetes } from '../check/istio/kubernetes.ts';
import { startLocal } from '../check/local/local.ts';
import { ObjectReader } from '../cluster/objects.ts';
import { ExplainedEngine } from './explained.ts';

export interface Engines {
  local: Engine;
  istio: Engine;
}

export interface StartedEngines extends Engines {
  /** Of the CRDs of the Gateway API that the cluster has; undefined: none. */
  channel: Channel | undefined;
  close: () => Promise<void>;
}

/**
 * Starts both; where one does not start, the other is closed again.
 * @param asksExplain whether explain --context says of each request where it goes, before Istio gets it
 * @throws Failure where another run is at work on the cluster
 */
export async function startEngines(options: ClusterOptions, asksExplain: boolean): Promise<StartedEngines> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(opened.map((one) => one.close()));
  };
  try {
    const cluster = await startCluster(options);
    opened.push(cluster);
    // One connection for all that explain reads: a kubectl for each list costs more than all requests together.
    const api = await Kubernetes.connect(options.context);
    opened.push(api);
    const istio = asksExplain ? new ExplainedEngine(cluster, new ObjectReader(api)) : cluster;
    const local = await startLocal();
    opened.push(local);
    return { local, istio, channel: await channelOf(api), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What explain --context said wrongly about the requests of this file, where it was asked. */
export function misjudgedIn({ istio }: Engines, file: string): string[] {
  return istio instanceof ExplainedEngine ? istio.takeMisjudged(file) : [];
}
