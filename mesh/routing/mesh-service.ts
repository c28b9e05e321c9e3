/** A service as routing works with it: one of the registry, or a host of a ServiceEntry. */
import type { Endpoint } from '../network/registry.ts';
import type { ServiceEntry } from '../rules/model.ts';
import type { UpstreamProtocol } from './decision.ts';

/** A host with ports that speak HTTP. */
export interface MeshService {
  /** As it is written: a full name, or the host of a ServiceEntry (which may be a wildcard). */
  host: string;
  namespace: string;
  ports: readonly ServicePort[];
}

export interface ServicePort {
  number: number;
  /** What its endpoints speak; absent: HTTP/1.1. */
  protocol?: UpstreamProtocol;
  /** Where its requests go: to endpoints, to a host by DNS, or to wherever they are addressed. */
  upstream: /** `byDns`: Envoy resolves their addresses, and Istio makes no cluster without any. */
    | { type: 'endpoints'; endpoints: readonly Endpoint[]; byDns?: true }
    | { type: 'dns'; host: string; port: number }
    | { type: 'original' };
}

/** A service before it is known who sees it. */
export interface CandidateService extends MeshService {
  /** By which it is ordered: a Service's name, a ServiceEntry's host. */
  name: string;
  exportTo: readonly string[];
  createdAt?: number;
  /** Absent for a Service of the registry. */
  entry?: ServiceEntry;
}
