/** The proxies for which two sets of rules may make a difference: gateways, and sidecars that a rule tells apart. */
import { proxyType } from '../../cluster/pods.ts';
import { proxiesFor } from '../../mesh/remarks/views.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { gatewayNameLabel } from '../../mesh/routing/visibility.ts';
import type { Side } from './side.ts';

type Labels = Readonly<Record<string, string>>;

export function callersOf(sides: readonly Side[]): ProxyIdentity[] {
  const proxies = [
    ...sides.flatMap(({ mesh }) => proxiesFor(mesh.read.rules, mesh.live.registry)),
    ...sides.flatMap(ofGatewayApi),
    ...sides.flatMap(toldApart),
  ];
  const inhabited = withSidecars(sides);
  const counting = proxies.filter(({ type, namespace }) => type === 'gateway' || inhabited(namespace));
  return [...new Map(counting.map((proxy) => [keyOf(proxy), named(proxy)])).values()];
}

/** Each Gateway of the Gateway API with pods of its own. */
function ofGatewayApi({ mesh }: Side): ProxyIdentity[] {
  return mesh.read.rules.gatewayApi.gateways
    .filter(({ services }) => services.length === 0)
    .map(({ namespace, name }) => ({
      type: 'gateway',
      name,
      namespace,
      labels: { [gatewayNameLabel]: name },
    }));
}

/** Sidecars with the labels that matches, EnvoyFilters or Sidecar objects ask for. */
function toldApart({ mesh }: Side): ProxyIdentity[] {
  const { virtualServices, fallbackFilters } = mesh.read.rules;
  const namespaces = [...new Set(mesh.live.registry.services.map(({ namespace }) => namespace))];
  const sources = virtualServices.flatMap(({ http }) =>
    http.flatMap(({ match }) => match.map(({ sourceLabels }) => sourceLabels)),
  );
  const sidecar = (namespace: string, labels: Labels): ProxyIdentity[] =>
    Object.keys(labels).length > 0 && namespaces.includes(namespace)
      ? [{ type: 'sidecar', name: '', namespace, labels }]
      : [];
  return [
    ...namespaces.flatMap((namespace) => sources.flatMap((labels) => sidecar(namespace, labels))),
    ...fallbackFilters.flatMap(({ namespace, workloadSelector = {} }) =>
      sidecar(namespace, workloadSelector),
    ),
    ...mesh.snapshot.sidecars.items.flatMap(({ metadata, spec }) => {
      const { labels = {} } = (spec?.workloadSelector ?? {}) as { labels?: Labels };
      return sidecar(metadata.namespace, labels);
    }),
  ];
}

/** Where there are pods to be seen, only namespaces count that have some with a sidecar. */
function withSidecars(sides: readonly Side[]): (namespace: string) => boolean {
  const pods = sides.flatMap(({ mesh }) => mesh.snapshot.pods.items);
  const inhabited = new Set(
    pods.filter((pod) => proxyType(pod) === 'sidecar').map(({ metadata }) => metadata.namespace),
  );
  return (namespace) => inhabited.size === 0 || inhabited.has(namespace);
}

function keyOf({ type, namespace, labels }: ProxyIdentity): string {
  return JSON.stringify([type, namespace, Object.entries(labels).sort()]);
}

function named(proxy: ProxyIdentity): ProxyIdentity {
  return { ...proxy, name: keyOf(proxy) };
}

/** `the gateway`, `callers in coloring`, `callers in coloring with app=web` */
export function callerInWords({ type, namespace, labels }: ProxyIdentity): string {
  const own = labels[gatewayNameLabel];
  if (type === 'gateway') return own ? `gateway ${namespace}/${own}` : 'the gateway';
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return `callers in ${namespace}${pairs.length > 0 ? ` with ${pairs.join(', ')}` : ''}`;
}
