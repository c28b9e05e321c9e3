/** Why pods are not ready, as far as the cluster says. */
import type { Cluster } from './cluster.ts';
import { CommandFailed } from './shell.ts';

/**
 * Of all pods in the namespace that are not ready: their state, events and last words.
 * @param selector labels of those that count
 */
export async function causeInNamespace(cluster: Cluster, namespace: string, selector = ''): Promise<string> {
  const said: string[] = [];
  try {
    await cluster.saying((line) => said.push(line)).script('diagnose', [selector], { NAMESPACE: namespace });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
  }
  return said.join('\n');
}
