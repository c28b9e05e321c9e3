/** Which cases a cluster can run: those with objects of the Gateway API need its CRDs. */

import { gatewayApiGroup } from '../../mesh/rules/gateway-api/model.ts';
import { readObjects } from '../../mesh/rules/source.ts';
import type { Case } from '../format.ts';
import { ApiError, type Kubernetes } from './kubernetes.ts';

/** Of the CRDs; the experimental ones have more fields. */
export type Channel = 'standard' | 'experimental';

/** The channel of the CRDs of a cluster; undefined: it has none. */
export async function channelOf(api: Pick<Kubernetes, 'read'>): Promise<Channel | undefined> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.${gatewayApiGroup}`;
  try {
    const { metadata } = await api.read<{ metadata: { annotations?: Record<string, string> } }>(path);
    return metadata.annotations?.[`${gatewayApiGroup}/channel`] === 'experimental'
      ? 'experimental'
      : 'standard';
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** The cases for which a cluster with these CRDs lacks something, and those that it can run. */
export function byCrds(
  cases: readonly Case[],
  channel: Channel | undefined,
): { runnable: Case[]; lacking: Case[] } {
  const canRun = (one: Case) => {
    const needed = channelFor(one);
    return needed === undefined || channel === 'experimental' || channel === needed;
  };
  const { true: runnable = [], false: lacking = [] } = Object.groupBy(cases, (one) => `${canRun(one)}`);
  return { runnable, lacking };
}

function channelFor({ file, rules, steps }: Case): Channel | undefined {
  const texts = [rules, ...steps.flatMap((step) => ('apply' in step ? [step.apply] : []))];
  const objects = texts
    .flatMap((text) => readObjects({ file, text }).objects)
    .map(({ value }) => value as { apiVersion: string; spec?: { rules?: { retry?: unknown }[] } })
    .filter(({ apiVersion }) => apiVersion.startsWith(`${gatewayApiGroup}/`));
  if (objects.length === 0) return undefined;
  const isExperimental = objects.some(({ spec }) => spec?.rules?.some(({ retry }) => retry !== undefined));
  return isExperimental ? 'experimental' : 'standard';
}
