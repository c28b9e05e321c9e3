/** Requests of every kind that either side knows, decided on both; what differs is kept. */
import { fqdn } from '../../mesh/network/registry.ts';
import type { ProxyIdentity, RequestHead } from '../../mesh/routing/decision.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';
import { sightOf } from '../live/sight.ts';
import { callersOf } from './callers.ts';
import type { EffectType } from './effect.ts';
import { type Foreseen, foreseen } from './foreseen.ts';
import { judge } from './judge.ts';
import { type Probe, probesFor } from './probes.ts';
import type { Side } from './side.ts';

/** What one request showed. */
export interface Seen {
  type: EffectType;
  probe: Probe;
  caller: ProxyIdentity;
  before: Foreseen;
  after: Foreseen;
  service: string;
}

/** The versions that requests reach, by service. */
type Reached = ReadonlyMap<string, { before: ReadonlySet<string>; after: ReadonlySet<string> }>;

interface Pair {
  before: Foreseen;
  after: Foreseen;
}

export interface Requests {
  seen: readonly Seen[];
  reached: Reached;
  /** Headers in which something is asked for by its name. */
  headers: ReadonlySet<string>;
}

export function compareRequests(before: Side, after: Side): Requests {
  const seen: Seen[] = [];
  const headers = new Set<string>();
  const reached = new Map<string, { before: Set<string>; after: Set<string> }>();
  const backends = backendsOf([before, after]);
  const hasPort = portsOf([before, after]);
  for (const caller of callersOf([before, after])) {
    const sights = { before: sightOf(before.mesh, caller), after: sightOf(after.mesh, caller) };
    const known = new Map<string, Pair>();
    const decided = (head: RequestHead): Pair => {
      const key = JSON.stringify(head);
      const pair = known.get(key) ?? {
        before: foreseen(sights.before, head),
        after: foreseen(sights.after, head),
      };
      known.set(key, pair);
      return pair;
    };
    for (const probe of probesFor([sights.before.table, sights.after.table])) {
      if (caller.type === 'sidecar' && (backends.has(probe.host) || !hasPort(probe))) continue;
      for (const name of Object.keys(probe.wish.headers)) headers.add(name);
      const pair = decided(probe.head);
      const plain = decided(probe.plain);
      const service = serviceOf(probe, caller, [pair.before, plain.before, pair.after, plain.after]);
      const versions = reached.get(service) ?? { before: new Set(), after: new Set() };
      reached.set(service, versions);
      for (const version of versionsOf(pair.before)) versions.before.add(version);
      for (const version of versionsOf(pair.after)) versions.after.add(version);
      const { hasWish, hasPlainContext } = probe;
      const host = { before: hasHost(sights.before.table, probe), after: hasHost(sights.after.table, probe) };
      const type = judge({ ...pair, plain, hasWish, hasPlainContext, host });
      if (type) seen.push({ type, probe, caller, ...pair, service });
    }
  }
  return { seen, reached, headers };
}

/** Services that HTTPRoutes lead to and nobody is meant to call: one version each. */
function backendsOf(sides: readonly Side[]): Set<string> {
  const routes = sides.flatMap(({ mesh }) => mesh.read.rules.gatewayApi.routes);
  const hostOf = ({ name, namespace = '' }: { name: string; namespace?: string }) =>
    fqdn({ name, namespace });
  const parents = new Set(routes.flatMap((route) => route.parents.map(hostOf)));
  const backends = routes.flatMap(({ namespace, rules }) =>
    rules.flatMap((rule) => rule.backends.map((one) => hostOf({ namespace, ...one }))),
  );
  return new Set(backends.filter((host) => !parents.has(host)));
}

/** Istio has the hosts of VirtualServices on port 80 too, where nobody calls a Service that has other ports. */
function portsOf(sides: readonly Side[]): (probe: Probe) => boolean {
  const ports = new Map<string, number[]>();
  for (const service of sides.flatMap(({ mesh }) => mesh.live.registry.services)) {
    const numbers = service.ports.map(({ number }) => number);
    ports.set(fqdn(service), [...(ports.get(fqdn(service)) ?? []), ...numbers]);
  }
  return ({ host, head }) => ports.get(host)?.includes(head.port) ?? true;
}

function versionsOf({ shares }: Foreseen): string[] {
  return shares.flatMap(({ versions }) => versions);
}

/** Inside the mesh the one that is called; at the gateway the one that serves, or served. */
function serviceOf({ host }: Probe, { type }: ProxyIdentity, ways: readonly Foreseen[]): string {
  if (type === 'gateway') return ways.find(({ service }) => service)?.service ?? host;
  return host.replace(/^([^.]+)\.([^.]+)\.svc\.cluster\.local$/, '$1.$2');
}

function hasHost({ ports }: RouteTable, { host, head }: Probe): boolean {
  return ports.get(head.port)?.virtualHosts.some(({ domains }) => domains.includes(host)) ?? false;
}
