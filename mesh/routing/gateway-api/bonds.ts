/** What an HTTPRoute or GRPCRoute is bound to, and why not (conversion.go, extractParentReferenceInfo and referenceAllowed). */
import { fqdn, type Registry } from '../../network/registry.ts';
import { type ApiRoute, gatewayApiGroup, type ParentRef } from '../../rules/gateway-api/model.ts';
import { isSubsetOf, isWildcard } from '../hosts.ts';
import type { ListenerGateway } from './gateways.ts';

/** Most severe first, as Istio ranks them. */
export const denials = ['NotAllowedByListeners', 'NoMatchingListenerHostname', 'NoMatchingParent'] as const;

interface Denial {
  reason: (typeof denials)[number];
  message: string;
}

export interface Bond {
  ref: ParentRef;
  /** `mesh`, or `namespace/name` of the Gateway that is made of the listener. */
  gateway: string;
  /** Of the listener; empty: every one. */
  hostname: string;
  /** Hostnames of the Gateway's other listeners on the port: what is theirs is not this one's. */
  others: readonly string[];
  /** Absent: it is accepted. */
  denied?: Denial;
}

/** With a Gateway, one for each of its listeners; none for a parent that is not there or no affair of Istio. */
export function bondsOf(route: ApiRoute, gateways: readonly ListenerGateway[], registry: Registry): Bond[] {
  return route.parents.flatMap((ref) => {
    if (ref.group === '' && ref.kind === 'Service') return [toService(ref, registry)];
    if (ref.group !== gatewayApiGroup || ref.kind !== 'Gateway') return [];
    const listeners = gateways.filter(
      ({ written }) => written.name === ref.name && written.namespace === ref.namespace,
    );
    return listeners.map((one) => toListener(route, ref, one, listeners));
  });
}

function toService(ref: ParentRef, { services }: Registry): Bond {
  const isThere = services.some(({ name, namespace }) => name === ref.name && namespace === ref.namespace);
  const bond = { ref, gateway: 'mesh', hostname: '', others: [] };
  if (isThere) return bond;
  return {
    ...bond,
    denied: { reason: 'NoMatchingParent', message: `parent service: "${ref.name}" not found` },
  };
}

function toListener(
  route: ApiRoute,
  ref: ParentRef,
  { gateway, listener }: ListenerGateway,
  siblings: readonly ListenerGateway[],
): Bond {
  const hostname = listener.hostname ?? '';
  const others = siblings
    .filter((other) => other.listener !== listener && other.listener.port === listener.port)
    .map((other) => other.listener.hostname ?? '')
    .filter((other) => other !== hostname);
  const denied = denial(route, ref, { gateway, listener });
  return {
    ref,
    gateway: `${gateway.namespace}/${gateway.name}`,
    hostname,
    others,
    ...(denied && { denied }),
  };
}

function denial(
  { kind, namespace, hostnames }: ApiRoute,
  ref: ParentRef,
  { gateway, listener }: Pick<ListenerGateway, 'gateway' | 'listener'>,
): Denial | undefined {
  if (ref.port !== undefined && ref.port !== listener.port) {
    return { reason: 'NoMatchingParent', message: `port ${ref.port} not found` };
  }
  if (ref.sectionName !== undefined && ref.sectionName !== listener.name) {
    return { reason: 'NoMatchingParent', message: `sectionName "${ref.sectionName}" not found` };
  }
  const hosts = gateway.servers.flatMap((server) => server.hosts);
  const wanted = hostnames.length > 0 ? hostnames : ['*'];
  const fitting = hosts.filter(({ host }) => wanted.some((name) => overlap(host, name)));
  if (!fitting.some((one) => one.namespace === '*' || one.namespace === namespace)) {
    const parent = `parent hostname "${listener.hostname ?? ''}"`;
    return fitting.length > 0
      ? {
          reason: 'NotAllowedByListeners',
          message: `hostnames matched ${parent}, but namespace "${namespace}" is not allowed by the parent`,
        }
      : { reason: 'NoMatchingListenerHostname', message: `no hostnames matched ${parent}` };
  }
  const isAllowed = listener.kinds?.some((one) => one.group === gatewayApiGroup && one.kind === kind) ?? true;
  return isAllowed ? undefined : { reason: 'NotAllowedByListeners', message: `kind ${kind} is not allowed` };
}

/** Istio: pkg/config/host/name.go, Matches. */
function overlap(a: string, b: string): boolean {
  return isSubsetOf(a, b) || isSubsetOf(b, a);
}

/** The hosts that the route has by this bond; the Gateway's server narrows them further. */
export function hostsOf(bond: Bond, { hostnames }: ApiRoute): readonly string[] {
  if (bond.gateway === 'mesh') return [fqdn(bond.ref)];
  return (hostnames.length > 0 ? hostnames : ['*']).filter((host) => isLeftTo(bond, host));
}

/** Whether no other listener is a closer match for the host (conversion.go, hostnameAllowedByIsolation). */
function isLeftTo({ hostname, others }: Bond, host: string): boolean {
  if (hostname !== '' && !isWildcard(hostname)) return true;
  if (hostname !== '' && !overlap(host, hostname)) return false;
  return !others.some((other) => hostname.length <= other.length && isSubsetOf(host, other));
}
