/** The proxies whose logs are read, and who is behind an address. */
import type { Listing } from '../../cluster/objects.ts';
import { type Pod, proxyType } from '../../cluster/pods.ts';
import { gateway, type Party } from '../hop.ts';

/** A pod with a proxy of Istio. */
export interface LoggedProxy {
  namespace: string;
  pod: string;
  type: 'gateway' | 'sidecar';
  party: Party;
}

export interface Proxies {
  /** Sidecars of the namespaces asked for, and all gateways that can be seen. */
  proxies: readonly LoggedProxy[];
  /** By address. */
  parties: ReadonlyMap<string, Party>;
}

/** @param namespaces whose sidecars count; the first needs no mention in names of services */
export function proxiesOf({ items }: Listing<Pod>, namespaces: readonly string[]): Proxies {
  const running = items.filter(({ status }) => status.phase === 'Running');
  const parties = new Map(
    running.flatMap((pod): [string, Party][] =>
      pod.status.podIP && !pod.spec.hostNetwork ? [[pod.status.podIP, partyOf(pod, namespaces)]] : [],
    ),
  );
  const proxies = running.flatMap((pod): LoggedProxy[] => {
    const type = proxyType(pod);
    const { namespace, name } = pod.metadata;
    const isMeant = type === 'gateway' || (type === 'sidecar' && namespaces.includes(namespace));
    return isMeant ? [{ namespace, pod: name, type, party: partyOf(pod, namespaces) }] : [];
  });
  return { proxies, parties };
}

/** Istio's canonical service and revision: https://istio.io/latest/docs/ops/configuration/telemetry/monitoring-multicluster-prometheus/ */
function partyOf(pod: Pod, [home]: readonly string[]): Party {
  const { name, namespace, labels = {} } = pod.metadata;
  if (proxyType(pod) === 'gateway') return { ...gateway, instance: name };
  const service =
    labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? name;
  const version =
    labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels.version;
  return {
    service: namespace === home ? service : `${service}.${namespace}`,
    ...(version && { version }),
    instance: name,
  };
}

/** Versions that there are, as colours that a request may have; those of the namespaces asked for. */
export function versionsOf({ proxies }: Proxies): string[] {
  const versions = proxies.flatMap(({ party }) => party.version ?? []);
  return [...new Set(versions)].sort(new Intl.Collator('en', { numeric: true }).compare);
}
