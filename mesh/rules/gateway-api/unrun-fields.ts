/**
 * Every field of the Gateway API 1.6 that the local mesh knows and does not run, and why; messages as in
 * https://gateway-api.sigs.k8s.io/reference/spec/. What is experimental Istio reads only where its CRDs are of that channel.
 */
import { z } from 'zod';
import { never } from '../never.ts';
import type { UnrunFields } from '../unrun-fields.ts';

const noTls = 'the local mesh speaks no TLS';

export const gatewayApiUnrunFields: Readonly<Record<string, UnrunFields>> = {
  'GatewayAPI.Gateway': {
    accepted: { infrastructure: { type: z.looseObject({}), why: 'what its pods and its Service get' } },
    refused: {
      allowedListeners: 'no ListenerSets',
      tls: noTls,
      defaultScope: never,
    },
  },
  'GatewayAPI.Listener': { refused: { tls: noTls } },
  'GatewayAPI.GatewayClass': {
    accepted: {
      description: { type: z.string(), why: 'for people' },
      parametersRef: { type: z.looseObject({}), why: 'what pods of its Gateways get' },
    },
  },
  'GatewayAPI.HTTPRoute': { refused: { useDefaultGateways: never } },
  'GatewayAPI.HTTPRouteRule': { refused: { sessionPersistence: never } },
  'GatewayAPI.GRPCRoute': { refused: { useDefaultGateways: never } },
  'GatewayAPI.GRPCRouteRule': { refused: { sessionPersistence: never } },
  'GatewayAPI.GRPCRouteFilter': { refused: { extensionRef: never } },
  'GatewayAPI.GRPCRouteFilter (backend)': { refused: { requestMirror: never, extensionRef: never } },
  'GatewayAPI.HTTPRouteRetry': { refused: { backoff: "retries wait as with Envoy's default, 25ms" } },
  'GatewayAPI.HTTPRouteFilter': {
    refused: { cors: 'no CORS filter', externalAuth: never, extensionRef: never },
  },
  'GatewayAPI.HTTPRouteFilter (backend)': {
    refused: {
      requestMirror: never,
      requestRedirect: never,
      urlRewrite: never,
      cors: never,
      externalAuth: never,
      extensionRef: never,
    },
  },
};
