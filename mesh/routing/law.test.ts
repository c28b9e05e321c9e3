/** The law of design.md, on the rules that this kit ships and the versions that its demo runs. */
import { describe, expect, it } from 'vitest';
import { type LaneService, readLanes } from '../../lanes/lanes.ts';
import type { Registry } from '../network/registry.ts';
import { loadRules } from '../rules/load.ts';
import type { RuleSet } from '../rules/model.ts';
import { decide } from './decide.ts';
import { buildTable, type RouteTable, withEndpoints } from './table.ts';
import { gateway, request, sidecar } from './testing.ts';

const lanes = await readLanes('lanes.yaml');
const dialects = await Promise.all(
  ['istio', 'gateway-api'].map(async (folder) => {
    const loaded = await loadRules(folder);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return { folder, rules: loaded.rules };
  }),
);

/** Who decides for which service: the gateway for the one that nobody calls, a sidecar for each. */
const called = new Set(lanes.services.flatMap(({ calls }) => calls ?? []));
const hops = lanes.services.flatMap((service) => {
  const atSidecar = {
    by: 'a sidecar',
    service,
    proxy: { ...sidecar, namespace: lanes.namespace },
    address: { authority: `${service.name}:${service.port}`, port: service.port },
  };
  const atGateway = {
    by: 'the gateway',
    service,
    proxy: gateway,
    address: { authority: 'localhost:8080', port: 80 },
  };
  return called.has(service.name) ? [atSidecar] : [atSidecar, atGateway];
});
type Hop = (typeof hops)[number];

/** Every version of any service, and what means baseline. */
const versions = lanes.services.flatMap((service) => service.versions.map(({ name }) => name));
const colors = [
  ...new Set(versions),
  'release-v9',
  '-',
  '',
  'RELEASE-V1',
  'release-v1,release-v3',
  undefined,
];

type Readiness = 'ready' | 'not ready' | 'without a pod';

/** The demo, in which one version of one service is in a certain state. */
function registryWith(service?: LaneService, version?: string, state: Readiness = 'ready'): Registry {
  return {
    services: lanes.services.map(({ name, namespace, port, versions }) => ({
      name,
      namespace,
      ports: [{ name: 'http', number: port }],
      endpoints: versions
        .filter(({ name: v }) => !(name === service?.name && v === version && state === 'without a pod'))
        .map(({ name: v, labels }) => ({
          name: `${v}-0`,
          address: '127.0.0.1',
          port: 40000,
          labels: { ...labels, version: v },
          ready: !(name === service?.name && v === version && state === 'not ready'),
        })),
    })),
  };
}

/** The versions behind a cluster that would get the request; none of them is a 503. */
function servedBy(table: RouteTable, name: string): string[] {
  const cluster = table.clusters.get(name);
  if (cluster?.type === 'aggregate') {
    return cluster.members.map((member) => servedBy(table, member)).find((found) => found.length > 0) ?? [];
  }
  if (cluster?.type !== 'endpoints') return [];
  return cluster.endpoints.filter(({ ready }) => ready).map(({ labels }) => labels.version ?? '');
}

function hopIn(table: RouteTable, { address }: Hop, color: string | undefined): string[] {
  const headers = color === undefined ? {} : { 'project-version': color };
  const decision = decide(table, request({ ...address, headers }), () => 0);
  return decision.type === 'forward' ? servedBy(table, decision.cluster) : [decision.type];
}

function tableFor({ proxy }: Hop, some: RuleSet): RouteTable {
  return buildTable(some, registryWith(), proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
}

const inEach = dialects.flatMap(({ folder, rules }) => hops.map((hop) => ({ ...hop, folder, rules })));

describe.each(inEach)('by the rules of $folder $by, for $service.name,', ({ rules, ...hop }) => {
  const { service } = hop;
  const table = tableFor(hop, rules);
  const own = service.versions.map(({ name }) => name);

  it.each(colors)('sends colour %j to the version of that colour, or else to the baseline', (color) =>
    expect(hopIn(table, hop, color)).toEqual([
      color !== undefined && own.includes(color) ? color : service.baseline,
    ]),
  );

  const lost = own.filter((version) => version !== service.baseline);
  it.each(
    lost.flatMap((version) => (['not ready', 'without a pod'] as const).map((state) => ({ version, state }))),
  )('falls back to the baseline while $version is $state', ({ version, state }) => {
    const now = withEndpoints(table, registryWith(service, version, state));
    for (const color of colors) {
      const expected =
        color !== undefined && color !== version && own.includes(color) ? color : service.baseline;
      expect(hopIn(now, hop, color)).toEqual([expected]);
    }
  });

  it('has nowhere to go with the colour of a lost version where the fallback is taken away', () => {
    const [version] = lost;
    const without = tableFor(hop, { ...rules, fallbackFilters: [] });
    expect(hopIn(withEndpoints(without, registryWith(service, version, 'not ready')), hop, version)).toEqual(
      [],
    );
  });
});
