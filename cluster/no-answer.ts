/** Why a cluster says nothing of its lanes. */
import { Failure } from '../runtime/failure.ts';
import type { Cluster } from './cluster.ts';

/** For whoever asked: what is missing, the context, the right or the cluster, and the way out. */
export async function whyNoAnswer(cluster: Cluster, namespace: string): Promise<string> {
  const { context } = cluster;
  const unknown = await whyUnknown(cluster);
  if (unknown !== undefined) return unknown;
  const may = await cluster.peekKubectl(['auth', 'can-i', 'get', 'jobs', '--namespace', namespace]);
  if (may === undefined && (await cluster.peekKubectl(['version'])) !== undefined) {
    return `You have no right to read Jobs in namespace ${namespace} of ${context}. The Role that is needed: npx coloring lane local SERVICE --rights.`;
  }
  return `No answer from ${context}. Is the cluster up, does kubectl --context ${context} get pods --namespace ${namespace} work?`;
}

/** @throws Failure where kubectl does not know the context */
export async function refuseUnknownContext(cluster: Cluster): Promise<void> {
  const unknown = await whyUnknown(cluster);
  if (unknown !== undefined) throw new Failure(unknown, 2);
}

/** Undefined where kubectl knows the context, or is not there to say. */
async function whyUnknown(cluster: Cluster): Promise<string | undefined> {
  const { context } = cluster;
  const contexts = await cluster.contexts();
  if (!contexts || contexts.includes(context)) return undefined;
  return `kubectl knows no context ${context} (has: ${contexts.join(', ') || 'none'}): --context NAME.`;
}
