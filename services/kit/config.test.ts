import { describe, expect, it } from 'vitest';
import { alwaysPropagated } from '../../carry/propagated-headers.ts';
import { readConfig } from '../service-a/config.ts';

it('has a default for everything', () => {
  expect(readConfig({})).toEqual({
    name: 'service-a',
    version: 'release',
    host: undefined,
    port: 31000,
    propagate: alwaysPropagated,
    carrier: 'header',
    logLevel: 'info',
    ready: true,
    keepAliveMs: 3_900_000,
    mayMisbehave: false,
    misbehavior: undefined,
    drainDelayMs: 2_000,
    gracePeriodMs: 25_000,
    calls: ['http://service-b:32000'],
    parallel: false,
    timeoutMs: 5_000,
  });
});

it('takes what is set', () => {
  const env = {
    PORT: '0',
    PROPAGATE_HEADERS: ' End-User,, x-cohort',
    READY: 'false',
    SERVICE_B_URL: 'http://b:1/',
  };
  expect(readConfig(env)).toMatchObject({
    port: 0,
    propagate: [...alwaysPropagated, 'end-user', 'x-cohort'],
    ready: false,
    calls: ['http://b:1'],
  });
});

describe('refuses', () => {
  it.each([
    ['PORT', 'abc', /^PORT="abc": must be a port, 0 to 65535$/],
    ['PORT', '65536', /^PORT="65536": must be a port/],
    ['PORT', '', /^PORT="": must be a port/],
    ['PROJECT_VERSION', '', /^PROJECT_VERSION="": must be a DNS-1123 label/],
    ['PROJECT_VERSION', 'Release_1', /^PROJECT_VERSION="Release_1": must be a DNS-1123 label/],
    ['SERVICE_NAME', '', /^SERVICE_NAME="": must not be empty$/],
    ['SERVICE_B_URL', 'service-b', /^SERVICE_B_URL="service-b": must be a URL of scheme, host and port/],
    ['SERVICE_B_URL', 'ftp://b', /^SERVICE_B_URL="ftp:\/\/b": must be a URL/],
    ['SERVICE_B_URL', 'http://b/path', /^SERVICE_B_URL="http:\/\/b\/path": must be a URL/],
    [
      'CALLS',
      'http://b:1,c',
      /^CALLS="http:\/\/b:1,c": must be URLs of scheme, host and port, separated by commas$/,
    ],
    ['CALLS_PARALLEL', 'yes', /^CALLS_PARALLEL="yes": must be true or false$/],
    ['SERVICE_B_TIMEOUT_MS', '5s', /^SERVICE_B_TIMEOUT_MS="5s": must be a whole number of milliseconds$/],
    ['DRAIN_DELAY_MS', '2147483648', /^DRAIN_DELAY_MS="2147483648": must be at most 2147483647$/],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL="loud": must be one of trace, debug, info/],
    ['COLOR_CARRIER', 'cookie', /^COLOR_CARRIER="cookie": must be one of header, baggage, both$/],
    ['READY', 'maybe', /^READY="maybe": must be true or false$/],
    [
      'PROPAGATE_HEADERS',
      'end-user,Cookie',
      /^PROPAGATE_HEADERS="end-user,Cookie": cookie is never carried on$/,
    ],
    ['PROPAGATE_HEADERS', '__proto__', /^PROPAGATE_HEADERS="__proto__": __proto__ is never carried on$/],
    ['PROPAGATE_HEADERS', 'a b', /^PROPAGATE_HEADERS="a b": "a b" is no header name$/],
  ])('%s=%s', (name, value, message) => {
    expect(() => readConfig({ [name]: value })).toThrow(message);
  });

  it('and names all that is wrong in one line', () => {
    expect(() => readConfig({ PORT: 'abc', READY: '1' })).toThrow(/^PORT=[^\n]*; READY=[^\n]*$/);
  });
});
