/** The Services of a cluster as the mesh's registry, each with the pods behind it. */
import { isIP } from 'node:net';
import {
  type Endpoint,
  fqdn,
  type Service as MeshService,
  type Registry,
} from '../../mesh/network/registry.ts';
import { serviceDomains } from '../../mesh/routing/hosts.ts';
import { selects } from '../../mesh/routing/visibility.ts';
import { speaks } from './ports.ts';
import type { EndpointSlice, Pod, Service, WorkloadEntry } from './resources.ts';
import type { Snapshot } from './snapshot.ts';

/** A port that HTTP rules have no say about. */
interface OtherPort {
  name: string;
  namespace: string;
  port: number;
  /** `the port's name is "db"`; what the port speaks and who says so. */
  why: string;
}

/** Another name for a host: an ExternalName Service, or the address of a Service. */
interface Alias {
  /** Whether a host that is called from this namespace is meant. */
  means: (host: string, namespace: string) => boolean;
  target: string;
  /** `old.shop is another name for api.shop.svc.cluster.local (ExternalName)` */
  said: string;
}

export interface LiveRegistry {
  registry: Registry;
  otherPorts: readonly OtherPort[];
  aliases: readonly Alias[];
  /** Endpoints by the name that they have in the registry, for those that are pods: the name is the pod's. */
  pods: ReadonlyMap<string, Pod>;
}

/** @param exportTo what meshConfig says for Services that do not say it */
export function registryOf(snapshot: Snapshot, exportTo: readonly string[] | undefined): LiveRegistry {
  const pods = new Map(
    snapshot.pods.items.map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name}`, pod]),
  );
  const slices = Map.groupBy(
    snapshot.endpointSlices.items,
    ({ metadata }) => `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`,
  );
  const services = snapshot.services.items.filter(({ spec }) => !spec.externalName);
  return {
    pods,
    registry: {
      services: services.map((service) => {
        const { namespace, name } = service.metadata;
        const ofPods = (slices.get(`${namespace}/${name}`) ?? []).flatMap((slice) =>
          endpointsOf(slice, pods),
        );
        const others = entriesOf(service, snapshot.workloadEntries.items);
        return toService(service, [...ofPods, ...others], exportTo);
      }),
    },
    otherPorts: services.flatMap(otherPortsOf),
    aliases: snapshot.services.items.flatMap(aliasesOf),
  };
}

function aliasesOf({ metadata, spec }: Service): Alias[] {
  const { name, namespace } = metadata;
  const target = fqdn(metadata);
  const short = `${name}.${namespace}`;
  const { externalName, clusterIP = 'None' } = spec;
  if (externalName) {
    return [
      {
        means: (host, from) => serviceDomains(target, from).includes(host),
        target: externalName,
        said: `${short} is another name for ${externalName} (ExternalName)`,
      },
    ];
  }
  if (isIP(clusterIP) === 0) return [];
  return [{ means: (host) => host === clusterIP, target, said: `${clusterIP} is the address of ${short}` }];
}

function toService(
  { metadata, spec }: Service,
  endpoints: readonly Endpoint[],
  byDefault: readonly string[] | undefined,
): MeshService {
  const written = metadata.annotations?.['networking.istio.io/exportTo']
    ?.split(',')
    .map((scope) => scope.trim());
  const exportTo = written ?? byDefault;
  const createdAt = Date.parse(metadata.creationTimestamp ?? '') / 1000;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    ports: (spec.ports ?? [])
      .filter((port) => typeof speaks(port) === 'string')
      .map(({ name = '', port: number }) => ({ name, number })),
    endpoints,
    ...(exportTo && { exportTo }),
    ...(spec.clusterIP === 'None' && { headless: true as const }),
    ...(createdAt > 0 && { createdAt }),
  };
}

function endpointsOf(slice: EndpointSlice, pods: ReadonlyMap<string, Pod>): Endpoint[] {
  const port = slice.ports?.[0]?.port ?? 0;
  return (slice.endpoints ?? []).flatMap(({ addresses = [], conditions, targetRef }) => {
    const [address] = addresses;
    if (address === undefined) return [];
    const name = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
    const pod = pods.get(`${targetRef?.namespace ?? slice.metadata.namespace}/${name}`);
    return [
      {
        name: name ?? address,
        address,
        port,
        labels: pod?.metadata.labels ?? {},
        // Unknown counts as ready: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
        ready: conditions?.ready !== false,
      },
    ];
  });
}

/** A Service selects WorkloadEntries of its namespace as it does pods. */
function entriesOf({ metadata, spec }: Service, all: readonly WorkloadEntry[]): Endpoint[] {
  const { selector, ports = [] } = spec;
  if (!selector || Object.keys(selector).length === 0) return [];
  const [port] = ports;
  return workloadsIn(metadata.namespace, selector, all).map(({ metadata: { name }, spec: entry = {} }) => ({
    name,
    address: entry.address ?? '',
    port: entry.ports?.[port?.name ?? ''] ?? (Number(port?.targetPort) || port?.port || 0),
    labels: entry.labels ?? {},
    ready: true,
  }));
}

/** WorkloadEntries of a namespace that a selector means. */
export function workloadsIn(
  namespace: string,
  selector: Readonly<Record<string, string>>,
  all: readonly WorkloadEntry[],
): WorkloadEntry[] {
  return all.filter(
    ({ metadata, spec }) => metadata.namespace === namespace && selects(selector, spec?.labels ?? {}),
  );
}

function otherPortsOf({ metadata: { name, namespace }, spec }: Service): OtherPort[] {
  return (spec.ports ?? []).flatMap((port) => {
    const found = speaks(port);
    if (typeof found === 'string') return [];
    const by = port.appProtocol ? `appProtocol ${port.appProtocol}` : `its name "${port.name ?? ''}"`;
    return [{ name, namespace, port: port.port, why: `${found.not} by ${by}` }];
  });
}
