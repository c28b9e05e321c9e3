/** The proxies for which two sets of rules may make a difference: gateways, and sidecars that a rule tells apart. */
import { isDeepStrictEqual } from 'node:util';
import { proxyType } from '../../cluster/pods.ts';
import { proxiesFor } from '../../mesh/remarks/views.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { gatewayLabels } from '../../mesh/routing/gateway-port.ts';
import { gatewayNameLabel, rootNamespace } from '../../mesh/routing/visibility.ts';
import { servicesOf } from '../live/caller.ts';
import type { Side } from './side.ts';

type Labels = Readonly<Record<string, string>>;

export function callersOf(sides: readonly Side[]): ProxyIdentity[] {
  const seen = sides.flatMap(gatewayPods);
  const presumed = sides.flatMap(({ mesh }) => proxiesFor(mesh.read.rules, mesh.live.registry));
  const proxies = [
    ...seen,
    ...presumed.filter(({ type }) => type === 'sidecar'),
    // On a cluster it stands behind no Service of a Gateway of the Gateway API, and for none.
    ...(seen.length === 0
      ? presumed.filter(({ type }) => type === 'gateway').map((proxy) => ({ ...proxy, services: [] }))
      : []),
    ...sides.flatMap(ofGatewayApi),
    ...sides.flatMap(toldApart),
  ];
  const inhabited = withSidecars(sides);
  const counting = proxies.filter(({ type, namespace }) => type === 'gateway' || inhabited(namespace));
  return [...new Map(counting.map((proxy) => [keyOf(proxy), named(proxy)])).values()];
}

/** Those that are there, told apart by the labels that Gateways ask for. */
function gatewayPods({ mesh: { snapshot, read } }: Side): ProxyIdentity[] {
  const told = new Set([
    gatewayNameLabel,
    ...read.rules.gateways.flatMap(({ selector }) => Object.keys(selector)),
  ]);
  return snapshot.pods.items
    .filter((pod) => proxyType(pod) === 'gateway')
    .map((pod) => {
      const { namespace, labels = {} } = pod.metadata;
      const telling = Object.fromEntries(Object.entries(labels).filter(([label]) => told.has(label)));
      return { type: 'gateway', name: '', namespace, labels: telling, services: servicesOf(snapshot, pod) };
    });
}

/** Each Gateway of the Gateway API: with pods of its own, or behind the Services of its addresses. */
function ofGatewayApi({ mesh }: Side): ProxyIdentity[] {
  return mesh.read.rules.gatewayApi.gateways.map(({ namespace, name, services }): ProxyIdentity => {
    const gateway = { type: 'gateway' as const, name, namespace };
    if (services.length === 0) return { ...gateway, labels: { [gatewayNameLabel]: name } };
    return { ...gateway, labels: {}, services: services.map((service) => service.name) };
  });
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

function keyOf({ type, namespace, labels, services }: ProxyIdentity): string {
  return JSON.stringify([type, namespace, Object.entries(labels).sort(), services]);
}

function named(proxy: ProxyIdentity): ProxyIdentity {
  return { ...proxy, name: inWords(proxy) };
}

/** `the gateway`, `gateway coloring/door`, `callers in coloring`, `callers in coloring with app=web` */
function inWords({ type, namespace, labels, services = [] }: ProxyIdentity): string {
  const own = labels[gatewayNameLabel];
  if (own) return `gateway ${namespace}/${own}`;
  const isUsual = type === 'gateway' && isDeepStrictEqual(labels, gatewayLabels);
  const pairs = isUsual ? [] : Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  const more = pairs.length > 0 ? ` with ${pairs.join(', ')}` : '';
  if (type === 'sidecar') return `callers in ${namespace}${more}`;
  const behind = Object.keys(labels).length === 0 ? ` behind ${services.join(', ')}` : '';
  return `the gateway${namespace === rootNamespace ? '' : ` in ${namespace}`}${more}${behind}`;
}
