/** A whole rule of each kind but VirtualService, with most fields that the local mesh runs: to be spoilt. */
import type { RuleObject } from '../check/world.ts';

const unbounded = 4294967295;
const member = (subset: string) => `outbound|31000|${subset}|service-a.coloring.svc.cluster.local`;

export const validRules: readonly RuleObject[] = [
  object('DestinationRule', {
    host: 'service-a',
    trafficPolicy: {
      loadBalancer: { consistentHash: { httpCookie: { name: 'c', ttl: '0s' } } },
      connectionPool: {
        tcp: { maxConnections: 1, connectTimeout: '1s' },
        http: { http1MaxPendingRequests: 1, idleTimeout: '5s' },
      },
      outlierDetection: {
        consecutive5xxErrors: 2,
        interval: '1s',
        baseEjectionTime: '1s',
        maxEjectionPercent: 50,
      },
      portLevelSettings: [{ port: { number: 31000 }, loadBalancer: { simple: 'RANDOM' } }],
    },
    subsets: [
      { name: 'release', labels: { version: 'release' } },
      { name: 'v1', labels: { version: 'v1' }, trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' } } },
    ],
    exportTo: ['.'],
  }),
  object('DestinationRule', {
    host: 'service-b.coloring.svc.cluster.local',
    workloadSelector: { matchLabels: { app: 'client' } },
    trafficPolicy: {
      loadBalancer: { consistentHash: { httpQueryParameterName: 'q', ringHash: { minimumRingSize: 64 } } },
      connectionPool: { http: { http2MaxRequests: 1, maxRequestsPerConnection: 1, maxRetries: 1 } },
      outlierDetection: { consecutiveGatewayErrors: 2, minHealthPercent: 50 },
      tls: { mode: 'DISABLE' },
    },
    subsets: [
      {
        name: 'v1',
        labels: { version: 'v1' },
        trafficPolicy: {
          loadBalancer: { consistentHash: { useSourceIp: true } },
          portLevelSettings: [
            { port: { number: 32000 }, loadBalancer: { consistentHash: { httpHeaderName: 'x-user' } } },
          ],
        },
      },
    ],
  }),
  object('Gateway', {
    selector: { istio: 'ingressgateway' },
    servers: [
      {
        port: { number: 80, name: 'http', protocol: 'HTTP' },
        hosts: ['*.example', './a.example'],
        tls: { httpsRedirect: true },
      },
      { port: { number: 8080, name: 'http-alt', protocol: 'HTTP' }, hosts: ['*'] },
    ],
  }),
  object('Gateway', {
    selector: { istio: 'ingressgateway', app: 'gateway' },
    servers: [
      {
        name: 'first',
        port: { number: 80, name: 'http', protocol: 'HTTP2' },
        hosts: ['coloring/*.example', '*/b.example', 'elsewhere/c.example'],
        defaultEndpoint: '127.0.0.1:80',
      },
      {
        port: { number: 8443, name: 'plain', protocol: 'HTTP' },
        hosts: ['10.0.0.1', 'd.example'],
        tls: { mode: 'PASSTHROUGH' },
      },
    ],
  }),
  object('ServiceEntry', {
    hosts: ['api.outside.example'],
    ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 8080 }],
    resolution: 'STATIC',
    location: 'MESH_EXTERNAL',
    endpoints: [{ address: '10.0.0.1', ports: { http: 8080 }, labels: { version: 'v1' } }],
    exportTo: ['*'],
  }),
  object('ServiceEntry', {
    hosts: ['www.outside.example', 'api.outside.example'],
    ports: [
      { number: 80, name: 'http', protocol: 'HTTP' },
      { number: 8080, name: 'http-alt', protocol: 'HTTP', targetPort: 80 },
    ],
    resolution: 'DNS',
    location: 'MESH_INTERNAL',
    endpoints: [
      { address: 'one.outside.example', ports: { http: 81, 'http-alt': 82 }, serviceAccount: 'one' },
      { address: 'two.outside.example', labels: { version: 'v2' } },
    ],
    subjectAltNames: ['spiffe://outside'],
    exportTo: ['.', 'elsewhere'],
  }),
  object('ServiceEntry', {
    hosts: ['*.outside.example'],
    addresses: ['198.51.100.7', '198.51.100.0/24'],
    ports: [{ number: 80, name: 'http' }],
    resolution: 'NONE',
  }),
  object('ServiceEntry', {
    hosts: ['api.outside.example'],
    ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
    resolution: 'DNS_ROUND_ROBIN',
    endpoints: [{ address: 'one.outside.example' }],
  }),
  object('EnvoyFilter', {
    workloadSelector: { labels: { istio: 'ingressgateway' } },
    configPatches: [
      {
        applyTo: 'CLUSTER',
        match: { context: 'ANY' },
        patch: {
          operation: 'ADD',
          value: {
            name: 'fallback',
            connect_timeout: '10s',
            lb_policy: 'CLUSTER_PROVIDED',
            circuit_breakers: { thresholds: [{ max_connections: unbounded, max_retries: unbounded }] },
            cluster_type: {
              name: 'envoy.clusters.aggregate',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig',
                clusters: ['v1', 'release'].map(member),
              },
            },
          },
        },
      },
      {
        applyTo: 'HTTP_ROUTE',
        match: {
          context: 'GATEWAY',
          routeConfiguration: { vhost: { route: { name: 'service-a/v1' } } },
        },
        patch: {
          operation: 'MERGE',
          value: {
            route: {
              cluster: 'fallback',
              retry_policy: {
                retry_on: 'connect-failure,reset',
                retriable_status_codes: [503],
                retry_priority: {
                  name: 'envoy.retry_priorities.previous_priorities',
                  typed_config: {
                    '@type':
                      'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
                    update_frequency: 1,
                  },
                },
              },
            },
          },
        },
      },
    ],
  }),
];

function object(kind: string, spec: Record<string, unknown>): RuleObject {
  const version = kind === 'EnvoyFilter' ? 'v1alpha3' : 'v1';
  return { apiVersion: `networking.istio.io/${version}`, kind, metadata: { name: 'rule' }, spec };
}
