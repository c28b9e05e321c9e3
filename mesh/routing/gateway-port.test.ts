import { expect, it } from 'vitest';
import { gatewayPortOf } from './gateway-port.ts';

it.each([
  [[], 80],
  [[8080, 80], 80],
  [[9000, 8080], 8080],
])('of the ports %j the local gateway stands for %i', (ports, port) =>
  expect(gatewayPortOf(ports)).toBe(port),
);
