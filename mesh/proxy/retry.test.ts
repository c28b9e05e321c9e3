import { describe, expect, test } from 'vitest';
import type { RetryPolicy } from '../rules/model.ts';
import { backoffMs, type Reset, RetryRules } from './retry.ts';

const rules = (...retryOn: string[]) => new RetryRules({ attempts: 1, retryOn, retriableStatusCodes: [418] });

test.each([
  ['5xx', 500, true],
  ['5xx', 599, true],
  ['5xx', 499, false],
  ['gateway-error', 502, true],
  ['gateway-error', 500, false],
  ['retriable-4xx', 409, true],
  ['retriable-4xx', 400, false],
  ['retriable-status-codes', 418, true],
  ['retriable-status-codes', 503, false],
  ['reset', 503, false],
])('%s retries status %i: %s', (retryOn, status, retried) => {
  expect(rules(retryOn).retriesStatus(status, undefined, false)).toBe(retried);
});

test.each([
  ['unavailable', '14', true],
  ['unavailable', '0', false],
  ['cancelled', '1', true],
  ['resource-exhausted', '8', true],
])('%s retries grpc-status %s: %s', (retryOn, status, retried) => {
  expect(rules(retryOn).retriesStatus(200, status, false)).toBe(retried);
});

test('an answer that says overloaded is never retried', () => {
  expect(rules('5xx').retriesStatus(503, undefined, true)).toBe(false);
});

test.each<[string, Reset, boolean, boolean]>([
  ['connect-failure', 'connectFailure', false, true],
  ['connect-failure', 'connectTimeout', false, true],
  ['connect-failure', 'connectionTermination', true, false],
  ['reset', 'connectionTermination', true, true],
  ['5xx', 'perTryTimeout', true, true],
  ['gateway-error', 'connectionTermination', true, true],
  ['reset-before-request', 'connectionTermination', false, true],
  ['reset-before-request', 'connectionTermination', true, false],
  ['5xx', 'overflow', false, false],
  ['refused-stream', 'connectFailure', false, false],
])('%s retries %s (sent: %s): %s', (retryOn, reset, sent, retried) => {
  expect(rules(retryOn).retriesReset(reset, sent)).toBe(retried);
});

test("Istio's default: two retries, of connections but not of 503", () => {
  const standard = new RetryRules();
  expect(standard.attempts).toBe(2);
  expect(standard.retriesReset('connectFailure', false)).toBe(true);
  expect(standard.retriesReset('connectionTermination', true)).toBe(false);
  expect(standard.retriesReset('refusedStream', true)).toBe(true);
  expect(standard.retriesReset('remoteReset', true)).toBe(false);
  expect(standard.retriesStatus(503, undefined, false)).toBe(false);
  expect(standard.retriesStatus(200, '14', false)).toBe(true);
});

describe('a fallback that merges into the policy of its route', () => {
  const policy: RetryPolicy = { attempts: 3, retryOn: ['connect-failure'], retriableStatusCodes: [] };

  test('adds status codes, which count where the route says retriable-status-codes', () => {
    const patch = { statusCodes: [503] };
    expect(new RetryRules(policy).merged(patch).retriesStatus(503, undefined, false)).toBe(false);
    expect(new RetryRules().merged(patch).retriesStatus(503, undefined, false)).toBe(true);
  });

  test('replaces the conditions, and leaves the rest', () => {
    const merged = new RetryRules(policy).merged({ retryOn: ['reset'], statusCodes: [] });
    expect(merged.attempts).toBe(3);
    expect(merged.retriesReset('connectionTermination', true)).toBe(true);
  });

  test('is all of it where the route has no retries: one', () => {
    const none = new RetryRules({ attempts: 0, retryOn: [], retriableStatusCodes: [] });
    expect(none.merged({ retryOn: ['reset'], statusCodes: [] }).attempts).toBe(1);
    expect(none.merged({ statusCodes: [503] }).attempts).toBe(0);
  });
});

test('backoff doubles from 25 ms to 250 ms, with full jitter', () => {
  const longest = [1, 2, 3, 4, 5, 6].map((retry) => backoffMs(retry, () => 0.9999));
  expect(longest).toEqual([24, 49, 99, 199, 249, 249]);
  expect(backoffMs(3, () => 0)).toBe(0);
});
