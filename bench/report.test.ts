import { describe, expect, it } from 'vitest';
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

describe('what carry/ costs', () => {
  const processorTime = { median: 0.0141, low: -0.004, high: 0.02 };
  const cost = (median: number, high: number) =>
    printResults({
      carry: { pairs: 24, failed: 0, requestsPerSecond: { median, low: 0.003, high }, processorTime },
    });

  it('is said with its interval and its goal', () => {
    expect(cost(0.0142, 0.025)).toBe(
      'carry/ costs 1.4 % (95 %: 0.3 to 2.5 %) of the requests/s of koa + axios (goal: under 3 %)\n' +
        'and 1.4 % (95 %: -0.4 to 2 %) more processor time; median of 24 pairs, 0 requests failed',
    );
  });

  it.each([
    [0.0142, 0.031, 'goal: under 3 %, not sure'],
    [0.032, 0.04, 'goal: under 3 %, missed'],
  ])('%d, at most %d: %s', (median, high, verdict) => {
    expect(cost(median, high)).toContain(`(${verdict})`);
  });
});
