/**
 * What the local mesh understands of Istio's rules, after parsing: names as in networking.istio.io/v1
 * (https://istio.io/latest/docs/reference/config/networking/), values already checked and in one unit
 * (milliseconds, percent from 0 to 100), header names in lower case, regular expressions compiled.
 * Everything behind this file trusts it; everything before it is text.
 */
import type { RE2JS } from 're2js';
import type { GatewayApi } from './gateway-api/model.ts';

/**
 * Where something stands: the file as the user would name it, and the line, from 1. In a cluster there are no lines:
 * `file` is the object and the field, `VirtualService coloring/service-b http[2]`, and `line` is 0.
 */
export interface Place {
  file: string;
  line: number;
}

/** What every rule has. `name` and `namespace` are those of its metadata. */
export interface RuleMeta {
  name: string;
  namespace: string;
  place: Place;
  /** Seconds since 1970, where it was read from a cluster. */
  createdAt?: number;
}

/** A string condition. `regex` follows RE2 and has to match the whole value. */
export type StringMatch =
  | { type: 'exact'; value: string }
  | { type: 'prefix'; value: string }
  | { type: 'regex'; value: string; regex: RE2JS };

/** A condition on the path; `pathPrefix` is the Gateway API's: whole segments, without a slash at the end. */
export type UriMatch =
  | StringMatch
  /** `countsSlash`: of a GRPCRoute's service, which comes before others as if it had the slash behind it. */
  | { type: 'pathPrefix'; value: string; countsSlash?: true };

/** A header or query condition; `present` is Istio's empty match (`{}`). */
export type ValueMatch = StringMatch | { type: 'present' };

/** One entry of `match`: all its conditions must hold. */
export interface HttpMatch {
  place: Place;
  name?: string;
  uri?: UriMatch;
  ignoreUriCase: boolean;
  scheme?: StringMatch;
  method?: StringMatch;
  authority?: StringMatch;
  /** Names may be Envoy's pseudo headers: `:method`, `:path`, `:authority`, `:scheme`. */
  headers: ReadonlyMap<string, ValueMatch>;
  withoutHeaders: ReadonlyMap<string, ValueMatch>;
  queryParams: ReadonlyMap<string, ValueMatch>;
  /** The port that the request came in on (gateway) or was addressed to (sidecar). */
  port?: number;
  sourceLabels: Readonly<Record<string, string>>;
  sourceNamespace?: string;
  /** `namespace/name` of a Gateway, or `mesh`; absent: those of the VirtualService. */
  gateways?: readonly string[];
}

/**
 * Header names are in lower case, values without Envoy format commands. A new authority (`Host` or `:authority`
 * under set or add: Envoy replaces it in both cases) stands in `set` as `host`; in requests only.
 */
export interface HeaderChange {
  set: ReadonlyMap<string, string>;
  add: ReadonlyMap<string, string>;
  remove: readonly string[];
}

export interface HeaderOperations {
  request: HeaderChange;
  response: HeaderChange;
}

export interface Destination {
  /** Fully qualified where it is a service of the mesh; as written where it is an outside host. */
  host: string;
  subset?: string;
  /** Absent: the only port of the service. */
  port?: number;
  place: Place;
}

interface WeightedDestination {
  destination: Destination;
  weight: number;
  headers: HeaderOperations;
}

export interface Redirect {
  status: 301 | 302 | 303 | 307 | 308;
  /** The whole path; not together with `prefixRewrite`. */
  uri?: string;
  /** Takes the place of the prefix that the match found. */
  prefixRewrite?: string;
  authority?: string;
  scheme?: 'http' | 'https';
  port?: number | 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT';
}

export interface DirectResponse {
  status: number;
  body: string;
}

export interface Rewrite {
  uri?: string;
  uriRegex?: { regex: RE2JS; rewrite: string };
  authority?: string;
}

export interface RetryPolicy {
  /** Retries after the first try; 0 switches them off. */
  attempts: number;
  perTryTimeoutMs?: number;
  retryOn: readonly string[];
  /** Status codes written into `retryOn`. */
  retriableStatusCodes: readonly number[];
}

export interface Fault {
  delay?: { fixedDelayMs: number; percent: number };
  abort?: FaultAbort & { percent: number };
}

/** A status of HTTP, or one of gRPC. */
export interface FaultAbort {
  httpStatus?: number;
  grpcStatus?: number;
}

export interface Mirror {
  destination: Destination;
  percent: number;
}

export type RouteAction =
  | { type: 'route'; destinations: readonly WeightedDestination[] }
  | { type: 'redirect'; redirect: Redirect }
  | { type: 'directResponse'; directResponse: DirectResponse };

/** One entry of `spec.http`. */
export interface HttpRoute {
  place: Place;
  name?: string;
  /** OR between the entries; empty: every request. */
  match: readonly HttpMatch[];
  action: RouteAction;
  rewrite?: Rewrite;
  headers: HeaderOperations;
  /** Absent: none (Istio's default). */
  timeoutMs?: number;
  /** Absent: Istio's default policy. */
  retries?: RetryPolicy;
  fault?: Fault;
  mirrors: readonly Mirror[];
  /** The rule of an HTTPRoute or a GRPCRoute that it was made of. */
  from?: { kind: 'HTTPRoute' | 'GRPCRoute'; namespace: string; name: string; rule: number };
}

export interface VirtualService extends RuleMeta {
  kind: 'VirtualService';
  /** Short names already resolved in the rule's namespace. */
  hosts: readonly string[];
  /** `namespace/name` of a Gateway, or `mesh`. */
  gateways: readonly string[];
  /** `.`, `*` or names of namespaces. */
  exportTo: readonly string[];
  http: readonly HttpRoute[];
  /** It was made of HTTPRoutes, which Istio treats otherwise in a few places. */
  ofGatewayApi?: true;
}

export interface GatewayServer {
  place: Place;
  port: { number: number; name: string; protocol: string };
  /** `namespace/host` split; namespace `*` where none was written. */
  hosts: readonly { namespace: string; host: string }[];
  httpsRedirect: boolean;
  /** `tls` is written, be it empty. */
  hasTls: boolean;
}

export interface Gateway extends RuleMeta {
  kind: 'Gateway';
  selector: Readonly<Record<string, string>>;
  servers: readonly GatewayServer[];
  /** It was made of a listener of the Gateway API: it configures these pods, and `selector` does not count. */
  pods?: GatewayPods;
}

/** Whose pods a Gateway of the Gateway API configures. */
export interface GatewayPods {
  /** `namespace/name` of the Gateway. */
  gateway: string;
  /** Those behind these Services; none: its own. */
  services: readonly { name: string; namespace: string }[];
  /** The local gateway stands for one Gateway with pods of its own, the first. */
  isFirst: boolean;
}

/** What of a request is hashed. */
export type HashBy =
  | { type: 'header'; name: string }
  | { type: 'cookie'; name: string; path: string; ttlMs: number }
  | { type: 'sourceIp' }
  | { type: 'query'; name: string };

export type LoadBalancer =
  | { type: 'ROUND_ROBIN' | 'RANDOM' | 'LEAST_REQUEST' }
  | { type: 'consistentHash'; by: HashBy; minimumRingSize: number };

export interface ConnectionPool {
  maxConnections?: number;
  connectTimeoutMs?: number;
  http1MaxPendingRequests?: number;
  http2MaxRequests?: number;
  maxRequestsPerConnection?: number;
  maxRetries?: number;
  idleTimeoutMs?: number;
  /** Whatever the port's protocol: HTTP/2, or what the client speaks. */
  protocol?: 'http2' | 'client';
}

export interface OutlierDetection {
  /** 0 switches the kind of error off; defaults as in Istio. */
  consecutive5xxErrors: number;
  consecutiveGatewayErrors: number;
  intervalMs: number;
  baseEjectionTimeMs: number;
  maxEjectionPercent: number;
  minHealthPercent: number;
}

export interface TrafficPolicy {
  loadBalancer?: LoadBalancer;
  connectionPool?: ConnectionPool;
  outlierDetection?: OutlierDetection;
}

export interface Subset {
  place: Place;
  name: string;
  labels: Readonly<Record<string, string>>;
  trafficPolicy: TrafficPolicy;
  portPolicies: ReadonlyMap<number, TrafficPolicy>;
}

/** Where a rule says which endpoints to leave out. A policy itself has no place, so that it can be compared. */
export interface WrittenOutlierDetection {
  place: Place;
  /** `spec.subsets[0].trafficPolicy.outlierDetection` */
  field: string;
  /** Absent: for all of the host. */
  subset?: string;
  detection: OutlierDetection;
  /** Deprecated, and without effect. */
  consecutiveErrors?: number;
}

export interface DestinationRule extends RuleMeta {
  kind: 'DestinationRule';
  /** Short names already resolved in the rule's namespace. */
  host: string;
  /** As written: none at all does not merge as `*` does. */
  exportTo: readonly string[];
  /** Absent: none is written, also not for a port. */
  trafficPolicy?: TrafficPolicy;
  portPolicies: ReadonlyMap<number, TrafficPolicy>;
  subsets: readonly Subset[];
  workloadSelector?: Readonly<Record<string, string>>;
  outlierDetections: readonly WrittenOutlierDetection[];
}

export interface ServiceEntry extends RuleMeta {
  kind: 'ServiceEntry';
  /** Of its metadata. */
  labels: Readonly<Record<string, string>>;
  hosts: readonly string[];
  /** As written; none is everybody. */
  exportTo: readonly string[];
  ports: readonly { number: number; name: string; protocol: string; targetPort?: number }[];
  resolution: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN';
  /** `ports`: by the name of the entry's port; a port without an entry is reached on its targetPort or number. */
  endpoints: readonly {
    address: string;
    ports: ReadonlyMap<string, number>;
    labels: Readonly<Record<string, string>>;
  }[];
}

/** The one shape of EnvoyFilter that the local mesh runs: istio/fallback.yaml. */
export interface FallbackFilter extends RuleMeta {
  kind: 'EnvoyFilter';
  workloadSelector?: Readonly<Record<string, string>>;
  /** Aggregate clusters that it adds, each with its members in order of preference. */
  clusters: readonly { name: string; members: readonly string[]; context: FilterContext; place: Place }[];
  /**
   * Routes, by their name, whose cluster it replaces. `retryAtNext`: a retry goes to the next member of the cluster;
   * absent: it goes where the first try went.
   */
  routes: readonly {
    route: string;
    cluster: string;
    retryAtNext?: RetryAtNext;
    context: FilterContext;
    place: Place;
  }[];
}

/** What a fallback merges into the retry policy of its route. */
export interface RetryAtNext {
  /** In place of the route's own conditions, where it says any. */
  retryOn?: readonly string[];
  /** Besides the route's own. */
  statusCodes: readonly number[];
}

export type FilterContext = 'ANY' | 'GATEWAY' | 'SIDECAR_OUTBOUND';

/** A document that the local mesh reads and leaves aside. */
export interface IgnoredDocument {
  kind: string;
  namespace: string;
  name: string;
  place: Place;
  /** What of Istio's it is that is not run here; absent where it is no object of Istio. */
  notRun?: string;
}

/** All rules in force, as one unit: they are replaced together or not at all. */
export interface RuleSet {
  gateways: readonly Gateway[];
  virtualServices: readonly VirtualService[];
  destinationRules: readonly DestinationRule[];
  serviceEntries: readonly ServiceEntry[];
  fallbackFilters: readonly FallbackFilter[];
  gatewayApi: GatewayApi;
  /** Documents of other kinds: read, named, not run. */
  ignored: readonly IgnoredDocument[];
}
