import { expect, it } from 'vitest';
import { printResults } from './report.ts';

const row = { p50: 1, p99: 2, memory: 100, failed: 0 };

it('says what was reached of a goal, and what was missed', () => {
  const printed = printResults({
    throughput: [
      { setup: 'node:http + undici', requestsPerSecond: 10_000, ...row },
      { setup: 'this pair', requestsPerSecond: 5_500, ...row },
      { setup: 'this pair, reverse proxies', requestsPerSecond: 2_000, ...row },
      { setup: 'this pair, local mesh', requestsPerSecond: 1_300, ...row },
    ],
  });
  expect(printed).toContain('│ this pair                        │      5,500 │');
  expect(printed).toContain('this pair: 0.55 of node:http + undici (goal: 0.5)\n');
  expect(printed).toMatch(
    /this pair, local mesh: 0\.65 of this pair, reverse proxies \(goal: 0\.7, missed\)$/,
  );
});

it('compares only what was measured', () => {
  expect(printResults({ throughput: [{ setup: 'this pair', requestsPerSecond: 1, ...row }] })).not.toContain(
    'goal',
  );
});
