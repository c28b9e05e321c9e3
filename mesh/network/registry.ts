/**
 * What runs, as far as a proxy needs to know it: the part that Kubernetes' Services and EndpointSlices play in a
 * cluster. No rule is in here, and no process: whoever starts the processes says what is ready.
 */

/** One process that answers for a service; a pod in a cluster. */
export interface Endpoint {
  /** Unique within its service, e.g. `release-v1-0`. */
  name: string;
  address: string;
  port: number;
  /** Pod labels; subsets select by them. */
  labels: Readonly<Record<string, string>>;
  ready: boolean;
}

export interface ServicePort {
  /** Tells what it speaks, where `appProtocol` does not: `http`, `grpc-api`. */
  name: string;
  number: number;
  appProtocol?: string;
}

export interface Service {
  name: string;
  namespace: string;
  ports: readonly ServicePort[];
  endpoints: readonly Endpoint[];
  /** Absent: everybody sees it. `.`, `*`, `~` (nobody) or names of namespaces (annotation networking.istio.io/exportTo). */
  exportTo?: readonly string[];
  /** Requests go to the endpoint that the client resolved, whatever a subset says (clusterIP: None). */
  headless?: true;
  /** Seconds since 1970, where it was read from a cluster. */
  createdAt?: number;
}

export interface Registry {
  services: readonly Service[];
}

/** The name under which Istio knows a service: `service-a.coloring.svc.cluster.local`. */
export function fqdn(service: { name: string; namespace: string }): string {
  return `${service.name}.${service.namespace}.svc.cluster.local`;
}
