import { expect, it } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import { isOfOthers, lanesThere, runningThere } from './cluster-lanes.ts';

const lanes = parseLanes(`
services:
  a: { port: 80, calls: b, versions: [release, v1] }
  b: { port: 81, versions: [release] }
`);

type Pods = Parameters<typeof lanesThere>[1];

function pod(name: string, service: string, version: string, ready = true, more = {}): Pods[number] {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'coloring', labels: { app: service, version, tier: 'web' }, ...more },
    spec: { containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

const pods: Pods = [
  pod('a-1', 'a', 'release'),
  pod('a-2', 'a', 'release', false),
  pod('a-3', 'a', 'v2'),
  pod('a-4', 'a', 'v3', true, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  pod('b-1', 'b', 'release', false),
];

it('the versions of the file, and those that have pods besides, with the labels of their pods', () => {
  const [a] = lanesThere(lanes, pods).services;
  expect(a?.versions.map(({ name }) => name)).toEqual(['release', 'v1', 'v2']);
  expect(a?.versions[0]?.labels).toMatchObject({ tier: 'web' });
  expect(a?.versions[1]?.labels).toMatchObject({ app: 'a', version: 'v1' });
});

it('how the pods of a version are', () => {
  const there = lanesThere(lanes, pods);
  const of = runningThere(pods);
  const told = there.services.flatMap((service) =>
    service.versions.map((version) => {
      const { ready, total, state } = of(service, version);
      return `${service.name}/${version.name} ${ready}/${total} ${state}`;
    }),
  );
  expect(told).toEqual([
    'a/release 1/2 ready',
    'a/v1 0/0 stopped',
    'a/v2 1/1 ready',
    'b/release 0/1 unready',
  ]);
});

it("a version that is somebody's computer says whose, and since when", () => {
  const annotations = {
    'coloring/local-by': 'ann@laptop',
    'coloring/local-since': '2026-11-26T19:00:00.000Z',
    'coloring/local-session': 'laptop/1/ab',
  };
  const of = runningThere([...pods, pod('a-5', 'a', 'v1', true, { annotations })]);
  const [a] = lanesThere(lanes, pods).services;
  const told = a?.versions.map((version) => of(a, version).computer);
  expect(told).toEqual([undefined, { by: 'ann@laptop', since: '2026-11-26T19:00:00.000Z' }, undefined]);
});

it('a request that comes to other services alone is not of the lanes, though their gateway has it in its log', () => {
  const request = (...parties: { service: string; instance?: string }[]) => {
    const [from = { service: 'gateway' }, to] = parties;
    return { id: '1', hops: [{ from, ...(to && { to }) }] } as unknown as Parameters<typeof isOfOthers>[0];
  };
  const gateway = { service: 'gateway', instance: 'ingress-1' };
  expect(isOfOthers(request(gateway, { service: 'a', instance: 'a-1' }), lanes)).toBe(false);
  expect(isOfOthers(request({ service: 'b', instance: 'b-1' }), lanes)).toBe(false);
  expect(isOfOthers(request(gateway, { service: 'a.elsewhere', instance: 'a-9' }), lanes)).toBe(true);
  // Answered by the gateway itself, or by nobody.
  expect(isOfOthers(request(gateway), lanes)).toBe(false);
  expect(isOfOthers(request(gateway, { service: 'a' }), lanes)).toBe(false);
});
