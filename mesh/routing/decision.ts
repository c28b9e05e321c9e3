/** What goes into a route decision and what comes out of it. No I/O here. */
import type { Endpoint } from '../network/registry.ts';
import type {
  HashBy,
  HeaderChange,
  HttpRoute,
  Place,
  RetryAtNext,
  TrafficPolicy,
  VirtualService,
} from '../rules/model.ts';

/** The proxy that decides: the gateway, or the sidecar beside a workload. */
export interface ProxyIdentity {
  type: 'gateway' | 'sidecar';
  /** For people: `gateway`, `service-a/release-v1`. */
  name: string;
  namespace: string;
  /** Labels of its pod: Gateway selectors, sourceLabels and workloadSelectors look at them. */
  labels: Readonly<Record<string, string>>;
  /** Of a gateway of a cluster: the Services of its namespace that lead to it. The local one is not told. */
  services?: readonly string[];
}

/** The head of a request, as a rule can see it. */
export interface RequestHead {
  method: string;
  /** Path with query, as it came. */
  path: string;
  /** Host with port, as it came (`:authority`). */
  authority: string;
  scheme: 'http' | 'https';
  /** The port that it came in on at a gateway, or was addressed to from a sidecar. */
  port: number;
  /** Names in lower case; a header on several lines keeps each of its values. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Endpoints of one subset on one port, with the policy that holds there; Envoy's `outbound|PORT|SUBSET|HOST`. */
/** What is spoken to endpoints: HTTP/1.1, HTTP/2, or whichever the client speaks. */
export type UpstreamProtocol = 'http1' | 'http2' | 'client';

export interface EndpointCluster {
  type: 'endpoints';
  name: string;
  host: string;
  port: number;
  subset?: string;
  /** All that the labels select, ready or not. */
  endpoints: readonly Endpoint[];
  policy: TrafficPolicy;
  /** Absent: HTTP/1.1. */
  protocol?: UpstreamProtocol;
  /** The DestinationRule that holds for its host, `service-b.coloring`. */
  rule?: string;
}

/** The first member that has a healthy endpoint serves; what istio/fallback.yaml adds. */
export interface AggregateCluster {
  type: 'aggregate';
  name: string;
  members: readonly string[];
  /** A retry goes to the next member, under these conditions; absent: retries stay where they are. */
  retryAtNext?: RetryAtNext;
}

/** An outside host: of a ServiceEntry without endpoints, or wherever the request was going (ALLOW_ANY). */
export interface OutsideCluster {
  type: 'outside';
  name: string;
  /** Resolved by DNS at each connection; absent: the host and port that the request is addressed to. */
  address?: { host: string; port: number };
  policy: TrafficPolicy;
  protocol?: UpstreamProtocol;
  /** As of an EndpointCluster. */
  rule?: string;
}

export type Cluster = EndpointCluster | AggregateCluster | OutsideCluster;

/** The route that decided; absent where a service has no VirtualService and Istio's default route did. */
export interface DecidedBy {
  virtualService: VirtualService;
  route: HttpRoute;
  place: Place;
}

/** What a route hashes of its requests; Envoy's hash_policy. */
export interface RouteHash {
  /** Their hashes together decide; none: any endpoint. */
  by: readonly HashBy[];
  /** A retry stays with the endpoint that the hash says, rather than look for another one. */
  keepsEndpoint: boolean;
}

/** What to do with one request. Every answer but `forward` is given by the proxy itself. */
export type Decision =
  | {
      type: 'forward';
      by?: DecidedBy;
      /** A name in the table's clusters; one that is not there answers 503 (NC), an HTTPRoute's 500. */
      cluster: string;
      path: string;
      authority: string;
      /** Whether a rule gave the path or the authority, be it the one that was there before. */
      rewrites: { path: boolean; authority: boolean };
      /** In the order in which they apply; each of them first removes, then sets, then adds. */
      requestHeaders: readonly HeaderChange[];
      responseHeaders: readonly HeaderChange[];
      /** Clusters that get a copy. */
      mirrors: readonly { cluster: string; authority: string }[];
      /** For clusters with consistentHash. */
      hash: RouteHash;
    }
  | {
      type: 'redirect';
      by?: DecidedBy;
      status: number;
      location: string;
      responseHeaders: readonly HeaderChange[];
    }
  | { type: 'direct'; by: DecidedBy; status: number; body: string; responseHeaders: readonly HeaderChange[] }
  /** 400: a path that Envoy refuses before it looks for a route. */
  | { type: 'badPath' }
  /** 404 NR: no virtual host or no route matched. */
  | { type: 'noRoute' }
  /** 502 at a sidecar: an outside host under REGISTRY_ONLY. */
  | { type: 'blocked' };

export type ForwardDecision = Extract<Decision, { type: 'forward' }>;
