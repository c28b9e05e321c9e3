/** Istio's charts: which there are, in which order, and how Helm is told where they are. */
import { resolve } from 'node:path';

/** In the order in which they are installed. The gateway's name is the label by which Gateways find its pods. */
export const charts = [
  { chart: 'base', release: 'istio-base' },
  { chart: 'istiod', release: 'istiod' },
  { chart: 'gateway', release: 'istio-ingressgateway' },
] as const;

export type Chart = (typeof charts)[number]['chart'];

/** Whether this names a folder with the charts as CHART-VERSION.tgz; else it is a repository's URL. */
export function isFolder(where: string): boolean {
  return !/^(https?|oci):\/\//.test(where);
}

/**
 * The words by which Helm finds a chart.
 * @param where a folder, the URL of a chart repository (https://helm.sh/docs/topics/chart_repository/), or an oci://
 *   URL, to which the chart's name is added (https://helm.sh/docs/topics/registries/)
 */
export function chartAt(chart: Chart, where: string, version: string): string[] {
  if (isFolder(where)) return [resolve(where, `${chart}-${version}.tgz`)];
  if (where.startsWith('oci://')) return [`${where.replace(/\/+$/, '')}/${chart}`, '--version', version];
  return [chart, '--repo', where, '--version', version];
}
