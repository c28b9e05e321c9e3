/** Which kinds of objects there are, and what the local mesh does with each. */
import { destinationRule } from './destination-rule.ts';
import { envoyFilter } from './envoy-filter.ts';
import { notRun } from './fields.ts';
import { gateway } from './gateway.ts';
import { apiGateway, gatewayClass } from './gateway-api/gateway.ts';
import { grpcRoute } from './gateway-api/grpc-route.ts';
import { httpRoute } from './gateway-api/http-route.ts';
import { gatewayApiGroup } from './gateway-api/model.ts';
import { referenceGrant } from './gateway-api/reference-grant.ts';
import type { RuleMeta } from './model.ts';
import type { RuleKind } from './object.ts';
import { nearest } from './problem.ts';
import { serviceEntry } from './service-entry.ts';
import { virtualService } from './virtual-service.ts';

export const kinds = {
  gateway,
  virtualService,
  destinationRule,
  serviceEntry,
  envoyFilter,
  apiGateway,
  httpRoute,
  grpcRoute,
  referenceGrant,
  gatewayClass,
} as const;

const everyVersion = ['v1', 'v1beta1', 'v1alpha3'];

/** The versions of the API that Istio serves each kind in. */
const served = new Map<string, { versions: readonly string[]; kind: RuleKind<RuleMeta> }>([
  ['Gateway', { versions: everyVersion, kind: gateway }],
  ['VirtualService', { versions: everyVersion, kind: virtualService }],
  ['DestinationRule', { versions: everyVersion, kind: destinationRule }],
  ['ServiceEntry', { versions: everyVersion, kind: serviceEntry }],
  ['EnvoyFilter', { versions: ['v1alpha3'], kind: envoyFilter }],
]);

/** The same of the Gateway API. */
const servedByGatewayApi = new Map<string, { versions: readonly string[]; kind: RuleKind<RuleMeta> }>([
  ['Gateway', { versions: ['v1', 'v1beta1'], kind: apiGateway }],
  ['HTTPRoute', { versions: ['v1', 'v1beta1'], kind: httpRoute }],
  ['GRPCRoute', { versions: ['v1'], kind: grpcRoute }],
  ['ReferenceGrant', { versions: ['v1', 'v1beta1'], kind: referenceGrant }],
  ['GatewayClass', { versions: ['v1', 'v1beta1'], kind: gatewayClass }],
]);

/** Other kinds of the Gateway API, which change what becomes of requests. */
const refusedOfGatewayApi = ['TLSRoute', 'TCPRoute', 'UDPRoute', 'ListenerSet', 'BackendTLSPolicy'];

/** Other kinds of Istio that change which requests are answered, by whom, or how. */
const refusedKinds = [
  'Sidecar',
  'WorkloadEntry',
  'WorkloadGroup',
  'AuthorizationPolicy',
  'RequestAuthentication',
  'WasmPlugin',
  'TrafficExtension',
];

/** Other kinds of Istio that leave alone the answer to every request, and what each is about. */
const harmlessKinds: Readonly<Record<string, string>> = {
  Telemetry: 'metrics, traces and access logs are as they are',
  ProxyConfig: 'the proxies have no settings of Envoy',
};

/** What installs Istio, in the groups of its operator. */
const installs = 'no Istio is installed';

const istioGroup = /(?:^|\.)istio\.io$/;

/** The name of a kind in the list of fields: two groups have a Gateway each. */
export function kindName(object: { apiVersion: string; kind: string }): string {
  const treatment = treatmentOf(object);
  return treatment.type === 'rule' ? treatment.kind.kind : object.kind;
}

export type Treatment =
  | { type: 'rule'; kind: RuleKind<RuleMeta> }
  /** `notRun`: what of Istio's it is; absent where it is no object of Istio. */
  | { type: 'ignored'; notRun?: string }
  | { type: 'refused'; field?: string; message: string };

/** What to do with an object of this apiVersion and kind. */
export function treatmentOf(object: { apiVersion: string; kind: string; spec?: unknown }): Treatment {
  const { apiVersion, kind } = object;
  const slash = apiVersion.lastIndexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  if (group === gatewayApiGroup) return ofGatewayApi(apiVersion, kind, version);
  if (group === 'gateway.networking.x-k8s.io') {
    return { type: 'refused', message: `${apiVersion} (Gateway API): ${notRun}` };
  }
  if (!istioGroup.test(group)) return { type: 'ignored' };
  if (group === 'networking.istio.io') {
    const known = inVersion(served, apiVersion, kind, version);
    if (known) return known;
  }
  if (kind === 'PeerAuthentication') return ofPeerAuthentication(object.spec);
  const harmless = harmlessKinds[kind];
  if (harmless !== undefined) return { type: 'ignored', notRun: harmless };
  if (refusedKinds.includes(kind)) return { type: 'refused', message: `kind ${kind}: ${notRun}` };
  if (group.endsWith('install.istio.io')) return { type: 'ignored', notRun: installs };
  const known = [...served.keys(), ...refusedKinds, ...Object.keys(harmlessKinds), 'PeerAuthentication'];
  const meant = nearest(kind, known);
  const hint = meant ? `; did you mean ${meant}?` : '';
  return { type: 'refused', field: 'kind', message: `${kind}: no kind of Istio${hint}` };
}

function ofGatewayApi(apiVersion: string, kind: string, version: string): Treatment {
  const known = inVersion(servedByGatewayApi, apiVersion, kind, version);
  if (known) return known;
  if (refusedOfGatewayApi.includes(kind)) return { type: 'refused', message: `kind ${kind}: ${notRun}` };
  const meant = nearest(kind, [...servedByGatewayApi.keys(), ...refusedOfGatewayApi]);
  const hint = meant ? `; did you mean ${meant}?` : '';
  return { type: 'refused', field: 'kind', message: `${kind}: no kind of the Gateway API${hint}` };
}

/** undefined: the group has no such kind. */
function inVersion(
  kinds: typeof served,
  apiVersion: string,
  kind: string,
  version: string,
): Treatment | undefined {
  const known = kinds.get(kind);
  if (!known) return undefined;
  if (known.versions.includes(version)) return { type: 'rule', kind: known.kind };
  const group = apiVersion.slice(0, apiVersion.lastIndexOf('/'));
  const versions = known.versions.map((each) => `${group}/${each}`).join(', ');
  return {
    type: 'refused',
    field: 'apiVersion',
    message: `${apiVersion}: Istio has this kind in ${versions}`,
  };
}

/** STRICT turns callers without a sidecar away; anything less answers everybody, encrypted or not. */
function ofPeerAuthentication(spec: unknown): Treatment {
  if (!JSON.stringify(spec ?? {}).includes('"STRICT"')) {
    return { type: 'ignored', notRun: 'nothing is encrypted between local proxies' };
  }
  return { type: 'refused', field: 'spec', message: `mTLS mode STRICT: ${notRun}` };
}
