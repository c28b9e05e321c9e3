import { describe, expect, it } from 'vitest';
import { liveRules } from './live.ts';
import { readObjects } from './source.ts';

const live = (yaml: string) => liveRules(readObjects({ file: 'live.yaml', text: yaml }).objects);

describe('rules of a cluster', () => {
  it('are without what is not run here, which is named', () => {
    const { rules, leftOut } = live(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: b, namespace: shop, creationTimestamp: "2026-01-01T00:00:05Z" }
spec:
  hosts: [b]
  tls: [{ match: [{ sniHosts: [b] }], route: [{ destination: { host: b } }] }]
  http:
    - corsPolicy: { allowOrigins: [{ exact: "*" }] }
      route: [{ destination: { host: b } }]`);
    expect(rules.virtualServices).toMatchObject([
      { name: 'b', createdAt: Date.UTC(2026, 0, 1, 0, 0, 5) / 1000 },
    ]);
    expect(rules.virtualServices[0]?.http).toHaveLength(1);
    expect(leftOut.map(({ field }) => field).sort()).toEqual(['spec.http[0].corsPolicy', 'spec.tls']);
  });

  it('lose what is nothing without the part that went', () => {
    const { rules, leftOut } = live(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: b, namespace: shop }
spec: { host: b, trafficPolicy: { tunnel: { targetHost: x, targetPort: 1 } } }`);
    expect(rules.destinationRules).toMatchObject([{ name: 'b' }]);
    expect(leftOut.map(({ field }) => field)).toEqual(['spec.trafficPolicy.tunnel', 'spec.trafficPolicy']);
  });

  it('are left out whole where nothing can be made of them', () => {
    const { rules, leftOut } = live(`
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: lua, namespace: shop }
spec: { configPatches: [{ applyTo: HTTP_FILTER, patch: { operation: INSERT_BEFORE } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: tcp, namespace: shop }
spec: { hosts: [b], tcp: [{ route: [{ destination: { host: b } }] }] }`);
    expect(rules.fallbackFilters).toEqual([]);
    expect(rules.virtualServices).toEqual([]);
    expect(leftOut).toMatchObject([
      {
        object: { name: 'lua' },
        message: 'spec.configPatches[0].applyTo: "HTTP_FILTER": not run by the local mesh; use a cluster',
      },
      { object: { name: 'tcp' }, message: 'spec.tcp: not run by the local mesh; use a cluster' },
    ]);
  });
});
