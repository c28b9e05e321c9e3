import { describe, expect, it } from 'vitest';
import { clusterHosts } from './cluster-hosts.ts';

const known = ['orders.shop.svc'];
const resolves = async (host: string) => known.includes(host);

describe('of the cluster', () => {
  const isOfCluster = clusterHosts({ resolves });
  it.each([
    ['service-b', true],
    ['Service-B', true],
    ['service-b.', true],
    ['service-b.coloring.svc', true],
    ['service-b.coloring.svc.cluster.local', true],
    ['pod.cluster.local', true],
    ['orders.shop', true],
    ['example.com', false],
    ['api.example.com', false],
    ['svc.example.com', false],
    ['10.0.0.1', false],
    ['[fd00::1]', false],
    ['localhost', false],
    ['a.localhost', false],
    ['127.0.0.1', false],
    ['127.8.9.1', false],
    ['[::1]', false],
  ])('%s: %s', async (host, is) => {
    expect(await isOfCluster(host)).toBe(is);
  });
});

it('takes every host but this computer for the cluster’s, where that is wanted', async () => {
  const isOfCluster = clusterHosts({ resolves, proxyAll: true });
  const hosts = ['example.com', '10.0.0.1', 'localhost', '127.0.0.1'];
  expect(await Promise.all(hosts.map(isOfCluster))).toEqual([true, true, false, false]);
});

it('knows another domain of a cluster', async () => {
  const isOfCluster = clusterHosts({ resolves, clusterDomain: 'k8s.corp' });
  expect(await isOfCluster('b.ns.svc.k8s.corp')).toBe(true);
});

it('asks the pod once about a name, and again when it could not be asked', async () => {
  const asked: string[] = [];
  const answers = [undefined, true];
  const isOfCluster = clusterHosts({
    resolves: async (host) => {
      asked.push(host);
      return answers.shift();
    },
  });
  expect([await isOfCluster('b.ns'), await isOfCluster('b.ns'), await isOfCluster('b.ns')]).toEqual([
    false,
    true,
    true,
  ]);
  expect(asked).toEqual(['b.ns.svc', 'b.ns.svc']);
});
