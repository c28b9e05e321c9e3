/** What the generated objects have in common. */
import { gatewayApiV1 } from '../../mesh/rules/gateway-api/model.ts';
import type { LaneService, LaneVersion } from '../lanes.ts';

export interface IstioObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: Record<string, unknown>;
  /** What it is for, in a line; no part of the object. */
  comment: string;
}

/** A file of rules, as a person would cut them. */
export interface RuleFile {
  /** `service-b.yaml` */
  name: string;
  objects: readonly IstioObject[];
}

const apiVersions = {
  Gateway: 'networking.istio.io/v1',
  VirtualService: 'networking.istio.io/v1',
  DestinationRule: 'networking.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
} as const;

/** Those of the other dialect, and of Kubernetes itself. */
const otherApiVersions = { Gateway: gatewayApiV1, HTTPRoute: gatewayApiV1, Service: 'v1' } as const;

export function kubernetesObject(
  kind: keyof typeof otherApiVersions,
  metadata: IstioObject['metadata'],
  spec: Record<string, unknown>,
  comment: string,
): IstioObject {
  return { apiVersion: otherApiVersions[kind], kind, metadata, spec, comment };
}

export function istioObject(
  kind: keyof typeof apiVersions,
  metadata: IstioObject['metadata'],
  spec: Record<string, unknown>,
  comment: string,
): IstioObject {
  return { apiVersion: apiVersions[kind], kind, metadata, spec, comment };
}

/** The versions of a service, the baseline first, the others by name. */
export function versionsToRoute({ versions, baseline }: LaneService): LaneVersion[] {
  const others = versions.filter(({ name }) => name !== baseline);
  return [
    ...versions.filter(({ name }) => name === baseline),
    ...others.sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

/** By this name the fallback finds the route, so it is unique in the mesh. */
export function routeName(service: LaneService, version: string): string {
  return `${service.name}/${version}`;
}
