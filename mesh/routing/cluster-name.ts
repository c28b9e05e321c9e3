/** Names of clusters as Istio gives them to Envoy; access logs and `istioctl proxy-config` show them. */

/** Where requests go that no service and no rule claims, under ALLOW_ANY. */
export const passthroughCluster = 'PassthroughCluster';

/** Leads nowhere; it exists because Istio's has it. */
export const blackHoleCluster = 'BlackHoleCluster';

/** Of a backend that an HTTPRoute may not name, or of a kind that is none; no proxy has it. */
export const unknownBackend = 'UnknownService';

/** `outbound|32000|release-v1|service-b.coloring.svc.cluster.local`; without subset nothing stands between the bars. */
export function outboundCluster(port: number, subset: string | undefined, host: string): string {
  return `outbound|${port}|${subset ?? ''}|${host}`;
}

/** What `outbound|32000|release-v1|service-b.coloring.svc.cluster.local` says; undefined for other names. */
export function partsOfCluster(
  name: string,
): { direction: string; port: number; subset: string | undefined; host: string } | undefined {
  const [direction = '', port, subset, host] = name.split('|');
  if (host === undefined) return undefined;
  return { direction, port: Number(port), subset: subset || undefined, host };
}
