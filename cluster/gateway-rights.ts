/**
 * A lane's part at the gateway, by HTTPRoutes: its fallback there is an EnvoyFilter in the gateway's namespace, where somebody may
 * have no right to write. For VirtualServices pipeline/gateway asks.
 */
import { sharedGateway } from '../lanes/generate/gateway-api.ts';
import type { LaneService, Lanes } from '../lanes/lanes.ts';
import type { Cluster } from './cluster.ts';
import { CommandFailed } from './shell.ts';

/**
 * The gateway's namespace, where the user may not write what a lane of this entry has to have there; undefined: he may.
 * @throws CommandFailed where the cluster does not say
 */
export async function closedGateway(
  cluster: Cluster,
  lanes: Lanes,
  service: LaneService,
): Promise<string | undefined> {
  const namespace = service.entry ? sharedGateway(lanes)?.namespace : undefined;
  if (namespace === undefined || namespace === service.namespace) return undefined;
  try {
    await cluster.kubectl([...question, '--namespace', namespace]);
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed && /^no\b/m.test(error.output)) return namespace;
    throw error;
  }
}

/** It fails where the answer is no. */
const question = ['auth', 'can-i', 'patch', 'envoyfilters.networking.istio.io'];
