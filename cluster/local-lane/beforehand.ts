/** The gateway's part of the fallback for lanes that may come: for somebody who may write where the gateway is. */
import { Failure } from '../../runtime/failure.ts';
import { projectFile } from '../../runtime/project.ts';
import type { Cluster } from '../cluster.ts';
import { routesRelease } from '../release-names.ts';
import { CommandFailed } from '../shell.ts';

/** A service as its routes name it. */
interface Led {
  name: string;
  namespace: string;
  baseline: string;
}

/**
 * An EnvoyFilter and a ConfigMap, as YAML, by what the release of its routes was told. Names that are there already stay.
 * @throws Failure where no gateway leads to the service by VirtualServices; CommandFailed where the cluster does not say
 */
export async function partBeforehand(
  cluster: Cluster,
  service: Led,
  names: readonly string[],
): Promise<string> {
  const { name, namespace, baseline } = service;
  const release = routesRelease(name);
  const values = await toldTo(cluster, release, namespace);
  if (!values?.entry) {
    throw new Failure(
      `No Helm release ${release} in namespace ${namespace} of ${cluster.context} leads the gateway to ${name}: there is nothing to write beforehand. By HTTPRoutes each lane brings its part itself.`,
    );
  }
  const beforehand = [...new Set([...(await namesThere(cluster, service)), ...names])].sort();
  const told = {
    ...values,
    versions: [baseline],
    weights: {},
    gateway: { ...(values as { gateway?: object }).gateway, beforehand },
  };
  const template = ['template', release, projectFile('charts/routes'), '--namespace', namespace];
  return cluster.helm([...template, '--values', '-', '--show-only', 'templates/beforehand.yaml'], {
    input: JSON.stringify(told),
  });
}

/** Null: it was told nothing, or is not there. */
async function toldTo(
  cluster: Cluster,
  release: string,
  namespace: string,
): Promise<{ entry?: boolean } | null> {
  try {
    return JSON.parse(
      await cluster.helm(['get', 'values', release, '--namespace', namespace, '--output', 'json']),
    );
  } catch (error) {
    if (error instanceof CommandFailed && error.output.includes('release: not found')) return null;
    throw error;
  }
}

/** @throws CommandFailed where they may not be read */
async function namesThere(cluster: Cluster, { name, namespace }: Led): Promise<string[]> {
  const map = ['get', 'configmap', `${name}-beforehand`, '--namespace', namespace];
  const text = await cluster.kubectl([...map, '--ignore-not-found', '--output', 'json']);
  const { data = {} } = JSON.parse(text || '{}') as { data?: Record<string, string> };
  return Object.keys(data);
}
