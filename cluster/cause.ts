/** Why pods are not ready, as far as the cluster says. */
import type { Cluster } from './cluster.ts';
import { CommandFailed, type Shell } from './shell.ts';

/** Of all pods in the namespace that are not ready: their state, events and last words. */
export async function causeInNamespace(cluster: Cluster, shell: Shell, namespace: string): Promise<string> {
  const said: string[] = [];
  try {
    await cluster.script(
      shell.saying((line) => said.push(line)),
      'diagnose',
      [''],
      { NAMESPACE: namespace },
    );
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
  }
  return said.join('\n');
}
