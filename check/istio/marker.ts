/**
 * Objects by which proxies show how much they have been told. istiod watches each kind of object by itself, and may have
 * read a VirtualService that was applied after an HTTPRoute before it has read that; so each kind of route that a scene has
 * gets a marker of its own.
 */

import { gatewayApiV1 } from '../../mesh/rules/gateway-api/model.ts';
import type { Reply } from '../agent/agent.ts';
import type { KubernetesObject } from './kubernetes.ts';

const name = 'check-marker';

/** Kinds of the Gateway API that have a marker of their own. */
export const routeKinds = ['HTTPRoute', 'GRPCRoute'] as const;
export type RouteKind = (typeof routeKinds)[number];

/** Tells which state of the rules a proxy has: its host answers with a number that is counted up with each change. */
export const markerHost = (inNamespace: string) => `${name}.${inNamespace}.svc.cluster.local`;

/** The host of the marker that stands behind routes of this kind. @param inNamespace the gateway's own */
export const routeMarkerHost = (inNamespace: string, kind: RouteKind) =>
  `${routeMarkerName(kind)}.${inNamespace}.svc.cluster.local`;

const routeMarkerName = (kind: RouteKind) => `${name}-${kind.toLowerCase()}`;

/** Whether this is what the marker of rules answers, or that of a kind of routes. */
export function isMarkedWith(value: string, { body, headers }: Pick<Reply, 'body' | 'headers'>): boolean {
  return body === value || headers.some(([header, content]) => header === markerHeader && content === value);
}

/** Routes cannot say a body. */
const markerHeader = 'x-check-marker';

/** The path of the marker's host that leads to the witness (witness.ts), where there is one. */
export const witnessPath = '/witness';
export const witnessPort = 80;

/**
 * Objects by which a proxy shows that it has everything that was applied before them: it answers `value`.
 * @param hasWitness whether the namespace has one
 */
export function marker(
  inNamespace: string,
  gatewayLabel: string,
  value: string,
  hasWitness: boolean,
): KubernetesObject[] {
  const metadata = { name, namespace: inNamespace };
  const hosts = [markerHost(inNamespace)];
  return [
    service(metadata),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata,
      spec: {
        selector: { istio: gatewayLabel },
        servers: [{ port: { number: 80, name: 'http-check-marker', protocol: 'HTTP' }, hosts }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: {
        hosts,
        gateways: ['mesh', name],
        http: [
          ...(hasWitness
            ? [
                {
                  match: [{ uri: { exact: witnessPath } }],
                  route: [{ destination: { host: witnessName, port: { number: witnessPort } } }],
                },
              ]
            : []),
          { directResponse: { status: 200, body: { string: value } } },
        ],
      },
    },
  ];
}

/**
 * The same for routes of the Gateway API: a proxy that answers with `value` in a header has all that were applied before,
 * and their Gateways. The listener is called by the value as well, as a Gateway is read by another watch than its routes.
 * @param inNamespace the gateway's own, as Istio looks for its Service beside the Gateway
 */
export function routeMarkers(
  kinds: readonly RouteKind[],
  inNamespace: string,
  gatewayLabel: string,
  value: string,
): KubernetesObject[] {
  if (kinds.length === 0) return [];
  const metadata = { name, namespace: inNamespace };
  const listener = (kind: RouteKind) => `${kind.toLowerCase()}-${value}`;
  const gateway = {
    apiVersion: gatewayApiV1,
    kind: 'Gateway',
    metadata,
    spec: {
      gatewayClassName: 'istio',
      addresses: [{ type: 'Hostname', value: markerHost(inNamespace) }],
      listeners: kinds.map((kind) => ({
        name: listener(kind),
        port: 80,
        protocol: 'HTTP',
        hostname: routeMarkerHost(inNamespace, kind),
      })),
    },
  };
  return [
    service(metadata, { istio: gatewayLabel }),
    gateway,
    ...kinds.flatMap((kind) => routeMarker(kind, inNamespace, listener(kind), value)),
  ];
}

/** Led by the Gateway's listener, and by the Service of its own name in sidecars. */
function routeMarker(
  kind: RouteKind,
  namespace: string,
  sectionName: string,
  value: string,
): KubernetesObject[] {
  const metadata = { name: routeMarkerName(kind), namespace };
  const responseHeaderModifier = { set: [{ name: markerHeader, value }] };
  const spec = {
    parentRefs: [
      { name, sectionName },
      { group: '', kind: 'Service', name: metadata.name },
    ],
    hostnames: [routeMarkerHost(namespace, kind)],
    rules: [{ filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier }] }],
  };
  return [service(metadata), { apiVersion: gatewayApiV1, kind, metadata, spec }];
}

/** Without selector it has no endpoints: nobody is asked behind a marker. */
function service(
  metadata: KubernetesObject['metadata'],
  selector?: Record<string, string>,
): KubernetesObject {
  const ports = [{ name: 'http', port: 80, appProtocol: 'http' }];
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ...(selector && { selector }), ports } };
}

const witnessName = 'check-witness';

/** A Service, and its endpoint, that no controller looks after. */
export function witness(
  inNamespace: string,
  address: string,
  port: number,
): [service: KubernetesObject, slice: KubernetesObject] {
  const metadata = { name: witnessName, namespace: inNamespace };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'http', port: witnessPort, targetPort: port, appProtocol: 'http' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': witnessName } },
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: 'http', port }],
    },
  ];
}
