import { beforeAll, describe, expect, it } from 'vitest';
import { type Lanes, readLanes } from '../../lanes/lanes.ts';
import { registryOf } from '../../lanes/registry.ts';
import { readRules } from '../../lanes/rules.ts';
import { gatewayLabels } from '../../mesh/routing/gateway-port.ts';
import { buildTable } from '../../mesh/routing/table.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { routeTables } from './rules-view.ts';
import { Rulings } from './rulings.ts';

const gateway = {
  type: 'gateway' as const,
  name: 'gateway',
  namespace: 'istio-system',
  labels: gatewayLabels,
};
let lanes: Lanes;
let rules: RuleSet;
beforeAll(async () => {
  lanes = await readLanes('lanes.yaml');
  ({ rules } = await readRules('gateway-api', lanes));
});

function tableOf(proxy: Parameters<typeof buildTable>[2]) {
  const registry = registryOf(lanes, ({ port }, { name }) => [
    { name, address: '127.0.0.1', port, ready: true },
  ]);
  return buildTable(rules, registry, proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
}

describe('the map of lanes as HTTPRoutes', () => {
  it('has a table for each parent, with the HTTPRoutes as they merge', () => {
    const tables = routeTables(tableOf(gateway).rules, lanes);
    expect(tables.map(({ service, rule, at }) => [service, rule, at.join()])).toEqual([
      ['service-a', 'HTTPRoutes of Gateway coloring/coloring', 'coloring/coloring'],
      ['service-a', 'HTTPRoutes of Service service-a.coloring:31000', 'mesh'],
      ['service-b', 'HTTPRoutes of Service service-b.coloring:32000', 'mesh'],
    ]);
    expect(tables[2]?.routes.map(({ name, color, destinations }) => [name, color, destinations])).toEqual([
      ['service-b.release-v1', 'release-v1', [{ host: 'service-b-release-v1', weight: 100 }]],
      ['service-b.release-v3', 'release-v3', [{ host: 'service-b-release-v3', weight: 100 }]],
      ['service-b.release', undefined, [{ host: 'service-b-release', weight: 100 }]],
    ]);
    // Every request, after those of lanes.
    expect(tables.map(({ routes }) => routes.at(-1)?.matches)).toEqual([[], [], []]);
    expect(tables[2]?.routes[0]?.place).toMatch(/^gateway-api\/lane-release-v1\.yaml:\d+$/);
  });

  it('knows which version a route leads to, though each is a Service of its own', () => {
    const rulings = new Rulings({ lanes, rules, gateway, tableOf, probe: { path: '/' } });
    for (const service of lanes.services) {
      expect(rulings.routesToNothing(service)).toEqual([]);
      for (const { name } of service.versions) {
        expect([name, rulings.isRouted(service, name)]).toEqual([name, true]);
        expect(rulings.servedNow(service, name)).toEqual([name]);
      }
    }
  });
});
