import { describe, expect, it } from 'vitest';
import {
  fqdnProblem,
  gatewayProblems,
  hostOrAddressProblem,
  hostProblem,
  hostsOverlap,
  resolveGateway,
  resolveHost,
} from './hosts.ts';

describe('hosts', () => {
  it.each(['b', 'b.coloring', 'B.Example.com', '*', '*.example.com', '*-a.example.com', 'istio.io.'])(
    '%s is one',
    (host) => expect(hostProblem(host)).toBeUndefined(),
  );

  it.each([
    '',
    'a b',
    'a_b',
    '-a',
    'a.*.b',
    'a..b',
    '1.2.3.4',
    `${'a'.repeat(64)}`,
    `${'a.'.repeat(130)}a`,
    'b:80',
  ])('%s is none', (host) => expect(hostProblem(host)).toBeDefined());

  it('takes addresses and wildcards only where Istio does', () => {
    expect(hostOrAddressProblem('1.2.3.4')).toBeUndefined();
    expect(hostOrAddressProblem('::1')).toBeUndefined();
    expect(fqdnProblem('*.example.com')).toBeDefined();
  });

  it.each([
    ['b', 'b.coloring.svc.cluster.local'],
    ['b.other', 'b.other'],
    ['*', '*'],
    ['::1', '::1'],
  ])('%s stands for %s', (host, whole) => expect(resolveHost(host, 'coloring')).toBe(whole));

  it.each([
    ['b', 'b', true],
    ['b', 'c', false],
    ['*', 'b', true],
    ['*.com', '*.foo.com', true],
    ['*.foo.com', 'foo.com', false],
    ['bar.com', '*.com', true],
  ])('%s and %s overlap: %s', (a, b, overlap) => expect(hostsOverlap(a, b)).toBe(overlap));
});

describe('gateways', () => {
  it.each([
    ['mesh', 'mesh'],
    ['gw', 'coloring/gw'],
    ['./gw', 'coloring/gw'],
    ['other/gw', 'other/gw'],
    ['gw.other.svc.cluster.local', 'other/gw'],
    ['gw.other', 'other/gw'],
  ])('%s stands for %s', (gateway, whole) => expect(resolveGateway(gateway, 'coloring')).toBe(whole));

  it('names the entry that is none', () => {
    expect(gatewayProblems(['mesh', 'a/b/c', '/gw', 'gw']).map(({ index }) => index)).toEqual([1, 2]);
  });
});
