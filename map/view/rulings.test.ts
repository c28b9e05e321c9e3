import { expect, it } from 'vitest';
import { type Lanes, readLanes } from '../../lanes/lanes.ts';
import { registryOf } from '../../lanes/registry.ts';
import { readRules } from '../../lanes/rules.ts';
import { gatewayLabels } from '../../mesh/routing/gateway-port.ts';
import { buildTable } from '../../mesh/routing/table.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { Rulings } from './rulings.ts';

const gateway = {
  ...{ type: 'gateway' as const, name: 'gateway', namespace: 'istio-system' },
  labels: gatewayLabels,
};

function rulingsOf(lanes: Lanes, rules: RuleSet): Rulings {
  const registry = registryOf(lanes, ({ port }, { name }) => [
    { name, address: '127.0.0.1', port, ready: true },
  ]);
  const tableOf = (proxy: Parameters<typeof buildTable>[2]) =>
    buildTable(rules, registry, proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
  return new Rulings({ lanes, rules, gateway, tableOf, probe: { path: '/' } });
}

it('without rules for a service, its colours get to versions of other lanes', async () => {
  const lanes = await readLanes('lanes.yaml');
  const { rules } = await readRules('istio', lanes);
  const bare = {
    ...rules,
    virtualServices: rules.virtualServices.filter(({ name }) => name !== 'service-b'),
  };
  const told = (set: RuleSet) =>
    lanes.services.map((service) =>
      service.versions.map(({ name }) => rulingsOf(lanes, set).strangersFor(service, name).sort()),
    );
  expect(told(rules)).toEqual([
    [[], [], []],
    [[], [], []],
  ]);
  expect(told(bare)).toEqual([
    [[], [], []],
    [['release-v1', 'release-v3'], ['release-v3'], ['release-v1']],
  ]);
});

it('a colour has a link where the rules make one', async () => {
  const lanes = await readLanes('lanes.yaml');
  const { rules } = await readRules('istio', lanes);
  const linked = (set: RuleSet) =>
    ['release-v1', 'release-v3', 'me'].filter((color) => rulingsOf(lanes, set).hasLink(color));
  expect(linked(rules)).toEqual(['release-v1', 'release-v3']);
  const others = rules.virtualServices.filter(({ name }) => name !== 'service-a-links');
  expect(linked({ ...rules, virtualServices: others })).toEqual([]);
});
