/** The tables of a proxy in a cluster, by istioctl; the redirection by what Istio's init container wrote down. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProxyTable } from '../format.ts';

/** What `istioctl proxy-config` prints, or the iptables rules that lead the traffic of a pod into its sidecar. */
export async function printTable(
  context: string,
  { namespace, pod }: { namespace: string; pod: string },
  table: ProxyTable,
): Promise<string> {
  const where = ['--context', context, '--namespace', namespace];
  const [command, args] =
    table === 'iptables'
      ? (['kubectl', ['logs', pod, '--container', 'istio-init', ...where]] as const)
      : (['istioctl', ['proxy-config', table, pod, ...where]] as const);
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 16 * 2 ** 20 }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Error(`to look into a proxy needs ${command}`) : error;
    },
  );
  return stdout;
}
