/** What a cluster has at one moment, as far as the user may see it. */
import type { Listing, ObjectReader } from '../../cluster/objects.ts';
import {
  type EndpointSlice,
  type IstioObject,
  type Namespace,
  type Pod,
  type ResourceName,
  resources,
  type Service,
  type WorkloadEntry,
} from './resources.ts';

export interface Snapshot {
  services: Listing<Service>;
  pods: Listing<Pod>;
  namespaces: Listing<Namespace>;
  endpointSlices: Listing<EndpointSlice>;
  virtualServices: Listing<IstioObject>;
  destinationRules: Listing<IstioObject>;
  gateways: Listing<IstioObject>;
  serviceEntries: Listing<IstioObject>;
  workloadEntries: Listing<WorkloadEntry>;
  sidecars: Listing<IstioObject>;
  envoyFilters: Listing<IstioObject>;
  authorizationPolicies: Listing<IstioObject>;
  peerAuthentications: Listing<IstioObject>;
  requestAuthentications: Listing<IstioObject>;
  httpRoutes: Listing<IstioObject>;
}

/** @param otherwise namespaces to read where the user may not read all */
export async function takeSnapshot(reader: ObjectReader, otherwise: readonly string[]): Promise<Snapshot> {
  const entries = await Promise.all(
    Object.entries(resources).map(async ([name, resource]) => [name, await reader.list(resource, otherwise)]),
  );
  return Object.fromEntries(entries) as Snapshot;
}

/** What could not be seen, a line each: `VirtualService: only of shop, istio-system`. */
export function notSeen(snapshot: Snapshot): string[] {
  const blind = (Object.keys(resources) as ResourceName[]).filter(
    (name) => snapshot[name].refused !== undefined,
  );
  const bySight = Map.groupBy(blind, (name) => (snapshot[name].namespaces ?? []).join(', '));
  return [...bySight].map(([namespaces, names]) => {
    const kinds = names.map((name) => resources[name].kind).join(', ');
    return namespaces ? `${kinds}: only of ${namespaces}` : `${kinds}: none`;
  });
}
