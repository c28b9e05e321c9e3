/**
 * Every field of Istio 1.31's API that the local mesh knows and does not run, and why: by message, as in
 * https://istio.io/latest/docs/reference/config/networking/. `accepted`: nothing a client can see depends on it
 * here. `refused`: something would, so it is named as a problem.
 */
import { z } from 'zod';
import { duration, durationOrZero } from './duration.ts';
import { count, notRun, say, uint32 } from './fields.ts';
import { gatewayApiUnrunFields } from './gateway-api/unrun-fields.ts';
import { never } from './never.ts';

const onlyTrue = z
  .boolean()
  .nullable()
  .superRefine((value, ctx) => {
    if (value === false) say(ctx, [], `false: ${notRun}`);
  });

export interface UnrunFields {
  accepted?: Record<string, { type: z.ZodType; why: string }>;
  refused?: Record<string, string>;
}

const noTls = 'the local mesh speaks no TLS';
const oneLocality = 'the local mesh is one locality';
const nothingToMatch = 'a cluster that is added has nothing to match';
const otherObjects = {
  listener: 'routes and clusters only',
  proxy: 'proxies are told apart by context and workloadSelector only',
  waypoint: 'no waypoints',
};

export const unrunFields: Readonly<Record<string, UnrunFields>> = {
  ...gatewayApiUnrunFields,
  VirtualService: {
    refused: { tcp: 'no TCP routes', tls: 'no TLS routes' },
  },
  HTTPRoute: {
    refused: { corsPolicy: 'no CORS filter', delegate: 'no delegation to other VirtualServices' },
  },
  HTTPMatchRequest: {
    accepted: { statPrefix: { type: z.string(), why: 'a prefix for the names of statistics' } },
  },
  HTTPRetry: {
    accepted: {
      retryRemoteLocalities: { type: z.boolean().nullable(), why: oneLocality },
      retryIgnorePreviousHosts: { type: onlyTrue, why: 'true is the default; false is refused' },
    },
    refused: { backoff: "retries wait as with Envoy's default, 25ms" },
  },
  'HTTPFaultInjection.Delay': {
    refused: { exponentialDelay: never },
  },
  'HTTPFaultInjection.Abort': {
    refused: { http2Error: never },
  },
  Server: {
    accepted: {
      name: { type: z.string(), why: 'a name for statistics' },
      defaultEndpoint: { type: z.string(), why: 'no Istio does anything with it' },
    },
    refused: { bind: 'gateways listen on loopback' },
  },
  'Server.Port': {
    refused: { targetPort: never },
  },
  ServerTLSSettings: {
    refused: Object.fromEntries(
      [
        'caCertCredentialName',
        'caCertificates',
        'caCrl',
        'cipherSuites',
        'credentialName',
        'credentialNames',
        'insecureSkipVerify',
        'maxProtocolVersion',
        'minProtocolVersion',
        'privateKey',
        'serverCertificate',
        'subjectAltNames',
        'tlsCertificates',
        'verifyCertificateHash',
        'verifyCertificateSpki',
      ].map((name) => [name, noTls]),
    ),
  },
  TrafficPolicy: {
    refused: {
      tunnel: 'no tunnels',
      proxyProtocol: 'no PROXY protocol',
      retryBudget: 'no retry budget; connectionPool.http.maxRetries is run',
    },
  },
  ClientTLSSettings: {
    refused: Object.fromEntries(
      [
        'caCertificates',
        'caCrl',
        'clientCertificate',
        'credentialName',
        'insecureSkipVerify',
        'privateKey',
        'sni',
        'subjectAltNames',
      ].map((name) => [name, noTls]),
    ),
  },
  LoadBalancerSettings: {
    refused: {
      localityLbSetting: oneLocality,
      zoneAwareLbSetting: oneLocality,
      warmup: 'new endpoints get their full share at once',
      warmupDurationSecs: 'new endpoints get their full share at once',
    },
  },
  ConsistentHashLB: {
    refused: { maglev: 'the ring hash only' },
  },
  HTTPCookie: {
    refused: { attributes: 'the cookie is set with name, path and ttl only' },
  },
  TCPSettings: {
    accepted: {
      idleTimeout: { type: durationOrZero, why: 'TCP routes only; connectionPool.http.idleTimeout is run' },
      maxConnectionDuration: {
        type: duration,
        why: 'connections are renewed between requests, unseen by clients',
      },
      tcpKeepalive: {
        type: z.strictObject({
          probes: uint32.optional(),
          time: duration.optional(),
          interval: duration.optional(),
        }),
        why: 'probes of the kernel on idle connections',
      },
    },
  },
  HTTPSettings: {
    accepted: {
      maxConcurrentStreams: { type: count, why: 'connections of HTTP/2 are opened as they are needed' },
      http2KeepAlive: {
        type: z.strictObject({ interval: duration, timeout: duration }),
        why: 'probes on idle connections',
      },
    },
  },
  OutlierDetection: {
    refused: {
      splitExternalLocalOriginErrors: 'failed connections count as gateway errors',
      consecutiveLocalOriginFailures: 'failed connections count as gateway errors',
      outlierDetectionHttpErrorCodes: '5xx and gateway errors only',
    },
  },
  ServiceEntry: {
    accepted: {
      subjectAltNames: { type: z.array(z.string()), why: noTls },
    },
    refused: { workloadSelector: 'no WorkloadEntry and no pods; write endpoints' },
  },
  WorkloadEntry: {
    accepted: {
      serviceAccount: { type: z.string().max(253), why: noTls },
    },
    refused: { locality: oneLocality, network: 'one network', weight: 'endpoints count alike' },
  },
  EnvoyFilter: {
    refused: {
      priority: 'filters apply in the order of files',
      targetRefs: 'proxies are told apart by workloadSelector only',
    },
  },
  'EnvoyConfigObjectMatch (CLUSTER)': {
    refused: { ...otherObjects, cluster: nothingToMatch, routeConfiguration: nothingToMatch },
  },
  'EnvoyConfigObjectMatch (HTTP_ROUTE)': {
    refused: { ...otherObjects, cluster: 'routes are found by their name only' },
  },
  RouteConfigurationMatch: {
    refused: Object.fromEntries(
      ['gateway', 'name', 'portName', 'portNumber'].map((name) => [
        name,
        'routes are found by their name only',
      ]),
    ),
  },
  VirtualHostMatch: {
    refused: Object.fromEntries(
      ['domainName', 'name'].map((name) => [name, 'routes are found by their name only']),
    ),
  },
  RouteMatch: {
    refused: { action: 'routes are found by their name only' },
  },
  Patch: {
    refused: { filterClass: 'no filters' },
  },
};
