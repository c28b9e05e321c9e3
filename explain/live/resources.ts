/** The objects that decide where a request goes, as the API server has them; of each only what is read here. */
import type { KubernetesObject, Resource } from '../../cluster/objects.ts';
import { type Pod, pods } from '../../cluster/pods.ts';
import { gatewayApiGroup } from '../../mesh/rules/gateway-api/model.ts';

export type { Pod };

const networking = 'networking.istio.io/v1';
const security = 'security.istio.io/v1';
const gatewayApi = `${gatewayApiGroup}/v1`;

export const resources = {
  services: { group: 'v1', plural: 'services', kind: 'Service' },
  pods,
  namespaces: { group: 'v1', plural: 'namespaces', kind: 'Namespace', clusterScoped: true },
  endpointSlices: { group: 'discovery.k8s.io/v1', plural: 'endpointslices', kind: 'EndpointSlice' },
  virtualServices: { group: networking, plural: 'virtualservices', kind: 'VirtualService' },
  destinationRules: { group: networking, plural: 'destinationrules', kind: 'DestinationRule' },
  gateways: { group: networking, plural: 'gateways', kind: 'Gateway' },
  serviceEntries: { group: networking, plural: 'serviceentries', kind: 'ServiceEntry' },
  workloadEntries: { group: networking, plural: 'workloadentries', kind: 'WorkloadEntry' },
  sidecars: { group: networking, plural: 'sidecars', kind: 'Sidecar' },
  envoyFilters: { group: 'networking.istio.io/v1alpha3', plural: 'envoyfilters', kind: 'EnvoyFilter' },
  authorizationPolicies: { group: security, plural: 'authorizationpolicies', kind: 'AuthorizationPolicy' },
  peerAuthentications: { group: security, plural: 'peerauthentications', kind: 'PeerAuthentication' },
  requestAuthentications: {
    group: security,
    plural: 'requestauthentications',
    kind: 'RequestAuthentication',
  },
  apiGateways: { group: gatewayApi, plural: 'gateways', kind: 'Gateway' },
  gatewayClasses: { group: gatewayApi, plural: 'gatewayclasses', kind: 'GatewayClass', clusterScoped: true },
  httpRoutes: { group: gatewayApi, plural: 'httproutes', kind: 'HTTPRoute' },
  grpcRoutes: { group: gatewayApi, plural: 'grpcroutes', kind: 'GRPCRoute' },
  referenceGrants: {
    group: gatewayApi,
    // Before 1.5 of the Gateway API it was served in this version alone.
    older: `${gatewayApiGroup}/v1beta1`,
    plural: 'referencegrants',
    kind: 'ReferenceGrant',
  },
} satisfies Record<string, Resource>;

export type ResourceName = keyof typeof resources;

/** Where meshConfig stands. */
export const configMaps: Resource = { group: 'v1', plural: 'configmaps', kind: 'ConfigMap' };

export interface Service extends KubernetesObject {
  spec: {
    type?: string;
    clusterIP?: string;
    externalName?: string;
    selector?: Record<string, string>;
    ports?: {
      name?: string;
      port: number;
      protocol?: string;
      appProtocol?: string;
      targetPort?: number | string;
    }[];
  };
}

export interface EndpointSlice extends KubernetesObject {
  endpoints?:
    | {
        addresses?: string[];
        conditions?: { ready?: boolean };
        targetRef?: { kind?: string; name?: string; namespace?: string };
      }[]
    | null;
  ports?: { name?: string; port?: number }[] | null;
}

export type Namespace = KubernetesObject;

/** Of Istio, or of the Gateway API. */
export interface IstioObject extends KubernetesObject {
  spec?: Record<string, unknown>;
  status?: unknown;
}

/** A workload that is no pod: https://istio.io/latest/docs/reference/config/networking/workload-entry/ */
export interface WorkloadEntry extends KubernetesObject {
  spec?: { address?: string; ports?: Record<string, number>; labels?: Record<string, string> };
}
