import { describe, expect, it } from 'vitest';
import { HostIndex, hostOf, intersectHosts, isSubsetOf, mostSpecificHost, serviceDomains } from './hosts.ts';

describe('isSubsetOf', () => {
  it.each([
    ['a.com', 'a.com', true],
    ['a.com', 'b.com', false],
    ['a.com', '*.com', true],
    ['a.com', '*', true],
    ['*.com', 'a.com', false],
    ['*.a.com', '*.com', true],
    ['*.com', '*.a.com', false],
    ['*.net', '*.com', false],
    ['*', '*.com', false],
    ['*', '*', true],
  ])('%s is within %s: %s', (inner, outer, expected) => expect(isSubsetOf(inner, outer)).toBe(expected));
});

describe('intersectHosts', () => {
  it.each([
    [['foo.com', 'bar.com'], ['*.com'], ['foo.com', 'bar.com']],
    [
      ['foo.com', '*.net'],
      ['*.com', 'bar.net'],
      ['foo.com', 'bar.net'],
    ],
    [['foo.com', '*.net'], ['*.bar.net'], ['*.bar.net']],
    [['foo.com'], ['bar.com'], []],
    [['*'], ['*'], ['*']],
  ])('%j and %j share %j', (some, others, shared) => expect(intersectHosts(some, others)).toEqual(shared));
});

describe('mostSpecificHost', () => {
  it.each([
    ['a.b.com', ['*', '*.com', 'a.b.com'], 'a.b.com'],
    ['a.b.com', ['*', '*.com', '*.b.com'], '*.b.com'],
    ['a.b.com', ['*.net', 'b.com'], undefined],
  ])('%s of %j is %s', (name, hosts, expected) =>
    expect(mostSpecificHost(name, new Set(hosts))).toBe(expected),
  );
});

describe('serviceDomains', () => {
  const full = 'service-b.coloring.svc.cluster.local';

  it('has the bare name in the service’s own namespace', () =>
    expect(serviceDomains(full, 'coloring')).toEqual([
      full,
      `${full}.`,
      'service-b.coloring',
      'service-b.coloring.svc',
      'service-b',
    ]));

  it('has no bare name in another namespace', () =>
    expect(serviceDomains(full, 'default')).not.toContain('service-b'));

  it('has no short form for a host outside of the cluster', () =>
    expect(serviceDomains('API.example.com', 'coloring')).toEqual(['api.example.com', 'api.example.com.']));
});

describe('hostOf', () => {
  it.each([
    ['Service-B:32000', 'service-b'],
    ['service-b', 'service-b'],
    ['[::1]:8080', '[::1]'],
    ['[::1]', '[::1]'],
    ['', ''],
  ])('%s is %s', (authority, host) => expect(hostOf(authority)).toBe(host));
});

describe('HostIndex', () => {
  const index = new HostIndex([
    { domains: ['*'], value: 'any' },
    { domains: ['*.example.com'], value: 'short suffix' },
    { domains: ['*.shop.example.com'], value: 'long suffix' },
    { domains: ['a.shop.example.com'], value: 'exact' },
    { domains: ['a.shop.example.com', 'only.second'], value: 'second' },
  ]);

  it.each([
    ['a.shop.example.com', 'exact'],
    ['b.shop.example.com', 'long suffix'],
    ['b.example.com', 'short suffix'],
    ['example.com', 'any'],
    ['.example.com', 'any'],
    ['only.second', 'second'],
    ['', 'any'],
  ])('%s finds %s', (host, expected) => expect(index.find(host)).toBe(expected));
});
