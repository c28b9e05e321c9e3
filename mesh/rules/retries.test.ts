import { describe, expect, it } from 'vitest';
import { routeOf, routeProblems } from './testing.ts';

const withRetries = (retries: string) => `{ route: [{ destination: { host: b } }], retries: ${retries} }`;
const usual = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'];

describe('retries', () => {
  it.each([
    [
      '{ attempts: 3 }',
      { attempts: 3, perTryTimeoutMs: undefined, retryOn: usual, retriableStatusCodes: [] },
    ],
    [
      '{ attempts: 0 }',
      { attempts: 0, perTryTimeoutMs: undefined, retryOn: usual, retriableStatusCodes: [] },
    ],
    [
      '{ attempts: 1, perTryTimeout: 2s, retryOn: "5xx,reset" }',
      { attempts: 1, perTryTimeoutMs: 2000, retryOn: ['5xx', 'reset'], retriableStatusCodes: [] },
    ],
    [
      '{ attempts: 1, retryOn: "503,gateway-error,429" }',
      {
        attempts: 1,
        perTryTimeoutMs: undefined,
        retryOn: ['gateway-error', 'retriable-status-codes'],
        retriableStatusCodes: [503, 429],
      },
    ],
  ])('%s', (retries, expected) => expect(routeOf(withRetries(retries)).retries).toEqual(expected));

  it('are absent where none are written', () => {
    expect(routeOf('{ route: [{ destination: { host: b } }] }').retries).toBeUndefined();
  });

  it.each([
    ['{ attempts: -1 }', 'retries.attempts: -1: must not be negative'],
    [
      '{ retryOn: 5xx }',
      'retries.attempts: 0 switches retries off, so nothing else may be written beside it',
    ],
    [
      '{ attempts: 1, retryOn: connect_failure }',
      'retries.retryOn: "connect_failure": not a condition for retries; did you mean connect-failure?',
    ],
    [
      '{ attempts: 1, retryOn: "5xx, reset" }',
      'retries.retryOn: " reset": not a condition for retries; did you mean reset?',
    ],
    ['{ attempts: 1, retryOn: "799" }', 'retries.retryOn: "799": not a condition for retries'],
    ['{ attempts: 1, backoff: 1s }', 'retries.backoff: not run by the local mesh; use a cluster'],
    [
      '{ attempts: 1, retryIgnorePreviousHosts: false }',
      'retries.retryIgnorePreviousHosts: false: not run by the local mesh; use a cluster',
    ],
  ])('%s is refused', (retries, expected) => expect(routeProblems(withRetries(retries))).toEqual([expected]));

  it('accepts what changes nothing here', () => {
    expect(
      routeProblems(
        withRetries('{ attempts: 1, retryRemoteLocalities: true, retryIgnorePreviousHosts: true }'),
      ),
    ).toEqual([]);
  });
});
