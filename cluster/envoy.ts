/** Asks the Envoy of one pod for what it runs on, by pilot-agent in the proxy's own container. Stock Istio, kubectl only. */
import type { Cluster } from './cluster.ts';
import { CommandFailed } from './shell.ts';

/**
 * @param query of Envoy's admin interface: `config_dump?resource=dynamic_route_configs`
 * @returns its answer, or why there is none
 */
export async function askEnvoy<T>(
  cluster: Cluster,
  { namespace, name }: { namespace: string; name: string },
  query: string,
): Promise<T | { refused: string }> {
  const exec = ['exec', '--namespace', namespace, name, '--container', 'istio-proxy', '--'];
  try {
    return JSON.parse(await cluster.kubectl([...exec, 'pilot-agent', 'request', 'GET', query])) as T;
  } catch (error) {
    if (error instanceof CommandFailed)
      return { refused: error.output.trim().split('\n').at(-1) ?? 'failed' };
    throw error;
  }
}
