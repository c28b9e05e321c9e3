/**
 * Who would answer, if all that is deployed is up. A version that is scaled to zero today loses its lane as much as one
 * that is busy, so nobody's readiness counts here.
 */
import type { Endpoint, Registry, Service } from '../../mesh/network/registry.ts';
import { fqdn } from '../../mesh/network/registry.ts';
import { isSubsetOf } from '../../mesh/routing/hosts.ts';
import { selects } from '../../mesh/routing/visibility.ts';
import type { AnyObject } from './objects.ts';
import type { Side } from './side.ts';

type Labels = Readonly<Record<string, string>>;

interface Workload {
  namespace: string;
  name: string;
  labels: Labels;
}

/** Kinds that make pods. */
const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Rollout']);

export interface WorkloadOptions {
  /** Pods can be seen. Where they cannot, each version that has a subset or a Service counts as deployed. */
  isSeen: boolean;
}

/** The registry of each side. */
export function registries(sides: readonly Side[], { isSeen }: WorkloadOptions): Registry[] {
  const telling = tellingLabels(sides);
  const everybody = sides.map(({ objects }) => objects.flatMap((object) => workloadsOf(object, telling)));
  const selectors = selectorsOf(sides);
  return sides.map(({ mesh }, side) => ({
    services: mesh.live.registry.services.map((service) => {
      const selector = selectors.get(service.namespace)?.get(service.name);
      // Its endpoints are written by hand.
      if (!selector)
        return { ...service, endpoints: service.endpoints.map((one) => ({ ...one, ready: true })) };
      const behind = (all: readonly Workload[]) =>
        all.filter(({ namespace, labels }) => namespace === service.namespace && selects(selector, labels));
      const isKnown = isSeen || everybody.some((all) => behind(all).length > 0);
      const workloads = isKnown
        ? behind(everybody[side] ?? [])
        : presumedOf(service, selector, sides, selectors);
      return { ...service, endpoints: distinct(workloads).map(endpointOf) };
    }),
  }));
}

function workloadsOf({ kind, metadata, spec }: AnyObject, telling: ReadonlySet<string>): Workload[] {
  const { namespace, name } = metadata;
  const template = (spec?.template ?? {}) as { metadata?: { labels?: Record<string, string> } };
  const labels =
    kind === 'Pod' ? metadata.labels : workloadKinds.has(kind) ? template.metadata?.labels : undefined;
  if (!labels) return [];
  const told = Object.fromEntries(Object.entries(labels).filter(([label]) => telling.has(label)));
  return [{ namespace, name, labels: told }];
}

/** Labels that some rule or Service asks for; others change with each build. */
function tellingLabels(sides: readonly Side[]): Set<string> {
  const asked = sides.flatMap(({ mesh: { read, snapshot } }) => [
    ...snapshot.services.items.map(({ spec }) => spec.selector ?? {}),
    ...read.rules.destinationRules.flatMap(({ subsets }) => subsets.map(({ labels }) => labels)),
  ]);
  return new Set(['app', 'version', ...asked.flatMap(Object.keys)]);
}

/** Namespace, name of the Service, its selector. */
type Selectors = ReadonlyMap<string, ReadonlyMap<string, Labels>>;

function selectorsOf(sides: readonly Side[]): Selectors {
  const all = new Map<string, Map<string, Labels>>();
  for (const { mesh } of sides) {
    for (const { metadata, spec } of mesh.snapshot.services.items) {
      const { selector = {} } = spec;
      if (Object.keys(selector).length === 0) continue;
      const ofNamespace = all.get(metadata.namespace) ?? new Map<string, Labels>();
      all.set(metadata.namespace, ofNamespace.set(metadata.name, selector));
    }
  }
  return all;
}

/** One for each subset of the service, and for each Service that selects a part of it. */
function presumedOf(
  service: Service,
  selector: Labels,
  sides: readonly Side[],
  selectors: Selectors,
): Workload[] {
  const { namespace } = service;
  const ofSubsets = sides.flatMap(({ mesh }) =>
    mesh.read.rules.destinationRules
      .filter(({ host }) => isSubsetOf(fqdn(service), host.toLowerCase()))
      .flatMap(({ subsets }) =>
        subsets.map(({ name, labels }) => ({ name, labels: { ...selector, ...labels } })),
      ),
  );
  const ofServices = [...(selectors.get(namespace) ?? [])]
    .filter(([, other]) => selects(selector, other))
    .map(([name, labels]) => ({ name, labels }));
  const all = [...ofSubsets, ...ofServices].map((one) => ({ ...one, namespace }));
  return all.filter(
    ({ labels }) => !all.some((other) => selects(labels, other.labels) && !selects(other.labels, labels)),
  );
}

function distinct(workloads: readonly Workload[]): Workload[] {
  return [...new Map(workloads.map((one) => [keyOf(one.labels), one])).values()];
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort());
}

function endpointOf({ name, labels }: Workload): Endpoint {
  return { name: labels.version ?? name, address: '', port: 0, labels, ready: true };
}

/** By what an endpoint is told from all others, and by what two sides know it as the same. */
export function identityOf({ labels, name }: Endpoint): string {
  return Object.keys(labels).length > 0 ? keyOf(labels) : name;
}
