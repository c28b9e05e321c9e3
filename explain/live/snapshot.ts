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
  apiGateways: Listing<IstioObject>;
  gatewayClasses: Listing<IstioObject>;
  httpRoutes: Listing<IstioObject>;
  grpcRoutes: Listing<IstioObject>;
  referenceGrants: Listing<IstioObject>;
}

/** @param otherwise namespaces to read where the user may not read all */
export async function takeSnapshot(reader: ObjectReader, otherwise: readonly string[]): Promise<Snapshot> {
  const entries = await Promise.all(
    Object.entries(resources).map(async ([name, resource]) => [name, await reader.list(resource, otherwise)]),
  );
  return Object.fromEntries(entries) as Snapshot;
}

/** What may be otherwise where a kind could not be seen. */
const unknown: readonly { kinds: readonly ResourceName[]; follows: string }[] = [
  {
    kinds: ['services', 'endpointSlices', 'pods', 'workloadEntries'],
    follows: 'services elsewhere count as hosts that nobody knows',
  },
  {
    kinds: [
      'virtualServices',
      'destinationRules',
      'gateways',
      'serviceEntries',
      'sidecars',
      'envoyFilters',
      'apiGateways',
      'httpRoutes',
      'grpcRoutes',
      'referenceGrants',
    ],
    follows: 'a rule of another namespace, or of istio-system, may decide otherwise',
  },
  {
    kinds: ['authorizationPolicies', 'peerAuthentications', 'requestAuthentications'],
    follows: 'a policy of another namespace, or of istio-system, may turn the request away',
  },
  { kinds: ['gatewayClasses'], follows: 'Gateways of class istio count as those of Istio, and no others' },
  {
    kinds: ['namespaces'],
    follows: 'their labels are not known: for injection, ambient mode, and listeners that ask for them',
  },
];

/** What could not be seen and what follows, a line each: `VirtualService: only of shop; a rule of …`. */
export function notSeen(snapshot: Snapshot): string[] {
  return unknown.flatMap(({ kinds, follows }) => {
    const blind = kinds.filter((name) => snapshot[name].refused !== undefined);
    const bySight = Map.groupBy(blind, (name) => (snapshot[name].namespaces ?? []).join(', '));
    return [...bySight].map(([namespaces, names]) => {
      const what = names.map((name) => resources[name].kind).join(', ');
      return `${what}: ${namespaces ? `only of ${namespaces}` : 'none'}; ${follows}`;
    });
  });
}
