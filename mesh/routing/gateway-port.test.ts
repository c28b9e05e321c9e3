import { expect, it } from 'vitest';
import { parseRules } from '../rules/load.ts';
import { gatewayPortOf, unheardServers } from './gateway-port.ts';

it.each([
  [[], 80],
  [[8080, 80], 80],
  [[9000, 8080], 8080],
])('of the ports %j the local gateway stands for %i', (ports, port) =>
  expect(gatewayPortOf(ports)).toBe(port),
);

it('names the servers that are not reached', () => {
  const text = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: two-doors, namespace: coloring }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: ["*"]
    - port: { number: 8080, name: http-alt, protocol: HTTP }
      hosts: ["*"]
`;
  const result = parseRules([{ file: 'gateway.yaml', text }]);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  expect(unheardServers(result.rules)).toEqual([
    {
      file: 'gateway.yaml',
      line: 9,
      object: 'Gateway two-doors',
      field: 'spec.servers[1].port',
      message: '8080 is not listened on: the local gateway stands for port 80 alone; use a cluster',
    },
  ]);
  expect(unheardServers(result.rules, { istio: 'other' })).toEqual([]);
});
