import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';
import { gateway, request, tableOf } from './testing.ts';

const rules = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-b, namespace: coloring }
spec:
  hosts: [service-b]
  http:
    - name: service-b/release-v1
      match: [{ headers: { project-version: { exact: release-v1 } } }]
      route: [{ destination: { host: service-b, subset: release-v1 } }]
    - name: service-b/gateway
      match: [{ gateways: [gw] }]
      route: [{ destination: { host: service-b, subset: release-v1 } }]
    - name: service-b/split
      route:
        - { destination: { host: service-b, subset: release }, weight: 3 }
        - { destination: { host: service-b, subset: release-v1 }, weight: 1 }
`;
const rule = (line: number) => ({
  name: 'VirtualService coloring/service-b',
  place: { file: 'rules.yaml', line },
});
const table = tableOf({ rules });

describe('explain', () => {
  it('names each route up to the one that matches, with place and reason', () =>
    expect(explain(table, request({ headers: { 'project-version': 'release-v3' } })).routes).toEqual([
      {
        name: 'service-b/release-v1',
        rule: rule(8),
        matched: false,
        reason: 'header project-version is "release-v3", not exactly "release-v1"',
      },
      {
        name: 'service-b/gateway',
        rule: rule(11),
        matched: false,
        reason: 'for gateways coloring/gw, not mesh',
      },
      { name: 'service-b/split', rule: rule(13), matched: true },
    ]));

  it('stops at the route that matches', () =>
    expect(explain(table, request({ headers: { 'project-version': 'release-v1' } })).routes).toHaveLength(1));

  it('gives the shares where chance decides', () =>
    expect(explain(table, request()).destinations).toMatchObject([
      { cluster: 'outbound|32000|release|service-b.coloring.svc.cluster.local', percent: 75 },
      { cluster: 'outbound|32000|release-v1|service-b.coloring.svc.cluster.local', percent: 25 },
    ]));

  it('says of each virtual host whether it was taken', () =>
    expect(explain(table, request()).virtualHosts).toMatchObject([
      { name: 'service-b.coloring.svc.cluster.local:32000', matched: true, rule: rule(8) },
      {
        name: 'allow_any',
        matched: false,
        reason: 'service-b.coloring.svc.cluster.local:32000 is more specific',
      },
    ]));

  it('says that a virtual host does not serve the host', () =>
    expect(explain(table, request({ authority: 'example.com:32000' })).virtualHosts).toMatchObject([
      { matched: false, reason: 'does not serve host "example.com"' },
      { name: 'allow_any', matched: true },
    ]));

  it('has nothing to say of a gateway that does not listen', () =>
    expect(explain(tableOf({ proxy: gateway }), request())).toEqual({
      head: request(),
      virtualHosts: [],
      routes: [],
      destinations: [],
      mirrors: [],
      decision: { type: 'noRoute' },
    }));
});
