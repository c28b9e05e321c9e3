/**
 * What the local mesh understands of the Gateway API (https://gateway-api.sigs.k8s.io/reference/spec/), after parsing.
 * Matches, headers and answers are already in the form in which VirtualServices have them: mesh/routing/gateway-api
 * makes VirtualServices of it, as Istio does, once it is known which Gateways and Services there are.
 */
import type { HeaderOperations, HttpMatch, HttpRoute, Place, Redirect, RuleMeta } from '../model.ts';

/** The group of all its kinds but Service. */
export const gatewayApiGroup = 'gateway.networking.k8s.io';

/** Of the kinds that most have; a Gateway's and an HTTPRoute's `apiVersion`. */
export const gatewayApiV1 = `${gatewayApiGroup}/v1`;

/** Kubernetes' labelSelector: all of it must hold. */
export interface LabelSelector {
  matchLabels: Readonly<Record<string, string>>;
  matchExpressions: readonly {
    key: string;
    operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    values: readonly string[];
  }[];
}

export interface Listener {
  place: Place;
  name: string;
  port: number;
  /** Absent: every host. */
  hostname?: string;
  /** Whose routes may be bound: those of the Gateway's own namespace, of all, or of those with these labels. */
  routesFrom: 'Same' | 'All' | LabelSelector;
  /** Absent: every kind that HTTP has. */
  kinds?: readonly { group: string; kind: string }[];
}

/** Gateway of gateway.networking.k8s.io; the one of networking.istio.io has no prefix. */
export interface ApiGateway extends RuleMeta {
  kind: 'KubernetesGateway';
  className: string;
  listeners: readonly Listener[];
  /** The Services of the gateways that it configures, as addresses name them; none: it has pods of its own. */
  services: readonly { name: string; namespace: string }[];
}

export interface GatewayClass extends RuleMeta {
  kind: 'GatewayClass';
  controllerName: string;
}

export interface ReferenceGrant extends RuleMeta {
  kind: 'ReferenceGrant';
  from: readonly { group: string; kind: string; namespace: string }[];
  /** Without name: all of the kind. */
  to: readonly { group: string; kind: string; name?: string }[];
}

export interface ParentRef {
  place: Place;
  group: string;
  kind: string;
  name: string;
  /** That of the route where none is written. */
  namespace: string;
  sectionName?: string;
  port?: number;
}

/** Something that requests may go to; Istio says of each whether it is there and may be named. */
export interface BackendRef {
  place: Place;
  group: string;
  kind: string;
  name: string;
  /** Absent: that of the route. */
  namespace?: string;
  port?: number;
}

interface Backend extends BackendRef {
  weight: number;
  headers: HeaderOperations;
}

export interface ApiRule {
  place: Place;
  name?: string;
  /** None: every request, after all that have one. An HTTPRoute's has at least one. */
  matches: readonly HttpMatch[];
  redirect?: Redirect;
  backends: readonly Backend[];
  mirrors: readonly { backend: BackendRef; percent: number }[];
  /** What is the same whoever answers. */
  route: Pick<HttpRoute, 'rewrite' | 'headers' | 'timeoutMs' | 'retries'>;
}

/** HTTPRoute or GRPCRoute. */
export interface ApiRoute extends RuleMeta {
  kind: 'HTTPRoute' | 'GRPCRoute';
  parents: readonly ParentRef[];
  /** None: every host. */
  hostnames: readonly string[];
  rules: readonly ApiRule[];
}

/** A Service of Kubernetes that lies among the rules, as far as requests depend on it. */
export interface WrittenService extends RuleMeta {
  kind: 'Service';
  selector: Readonly<Record<string, string>>;
  ports: readonly { name: string; number: number; appProtocol?: string }[];
  headless: boolean;
}

/** A Namespace among the rules, for its labels. */
export interface WrittenNamespace extends RuleMeta {
  kind: 'Namespace';
  labels: Readonly<Record<string, string>>;
}

/** All of the Gateway API in a set of rules, and what it needs of Kubernetes. */
export interface GatewayApi {
  gateways: readonly ApiGateway[];
  gatewayClasses: readonly GatewayClass[];
  routes: readonly ApiRoute[];
  referenceGrants: readonly ReferenceGrant[];
  services: readonly WrittenService[];
  namespaces: readonly WrittenNamespace[];
}

/** Of rules of Istio alone. */
export const noGatewayApi: GatewayApi = {
  gateways: [],
  gatewayClasses: [],
  routes: [],
  referenceGrants: [],
  services: [],
  namespaces: [],
};
