import { describe, expect, it } from 'vitest';
import { gateway, routesOfB, sidecar, tableOf, wayOf } from './testing.ts';

const members = ['release-v1', 'release'].map(
  (version) => `outbound|32000|${version}|service-b.coloring.svc.cluster.local`,
);
const fallback = 'fallback|32000|release-v1|service-b.coloring.svc.cluster.local';

/** A filter in the manner of istio/fallback.yaml. */
function filter(
  more: { namespace?: string; selector?: string; context?: string; route?: string } = {},
): string {
  const { namespace = 'coloring', selector = '', context = 'ANY', route = 'b/release-v1' } = more;
  return `
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: fallback, namespace: ${namespace} }
spec:
  ${selector}
  configPatches:
    - applyTo: CLUSTER
      match: { context: ${context} }
      patch:
        operation: ADD
        value:
          name: ${fallback}
          connect_timeout: 10s
          lb_policy: CLUSTER_PROVIDED
          cluster_type:
            name: envoy.clusters.aggregate
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig
              clusters: ["${members.join('", "')}"]
    - applyTo: HTTP_ROUTE
      match:
        context: ${context}
        routeConfiguration: { vhost: { route: { name: ${route} } } }
      patch:
        operation: MERGE
        value: { route: { cluster: "${fallback}" } }`;
}

const steered = (route: string) =>
  routesOfB(`- name: b/release-v1
  ${route}`);
const toV1 = steered('route: [{ destination: { host: service-b, subset: release-v1 } }]');

describe('a fallback filter', () => {
  it('adds its cluster and leads the named route there', () => {
    const table = tableOf({ rules: toV1 + filter() });
    expect(table.clusters.get(fallback)).toEqual({ type: 'aggregate', name: fallback, members });
    expect(wayOf(table)).toBe(fallback);
  });

  it('leaves routes of other names', () =>
    expect(wayOf(tableOf({ rules: toV1 + filter({ route: 'b/release' }) }))).toBe(members[0]));

  it('counts the name of the match, after a dot', () => {
    const rules = steered(
      'match: [{ name: all }]\n  route: [{ destination: { host: service-b, subset: release-v1 } }]',
    );
    expect(wayOf(tableOf({ rules: rules + filter() }))).toBe(members[0]);
    expect(wayOf(tableOf({ rules: rules + filter({ route: 'b/release-v1.all' }) }))).toBe(fallback);
  });

  it('takes the place of a whole split, and of a redirect', () => {
    const split = steered(
      'route: [{ destination: { host: service-a }, weight: 50 }, { destination: { host: service-b }, weight: 50 }]',
    );
    expect(wayOf(tableOf({ rules: split + filter() }))).toBe(fallback);
    expect(wayOf(tableOf({ rules: steered('redirect: { uri: /x }') + filter() }))).toBe(fallback);
  });

  it('of the proxy’s namespace has the last word over the root namespace’s', () => {
    const roots = filter({ namespace: 'istio-system' }).replaceAll(fallback, 'fallback|root');
    for (const rules of [roots + filter(), filter() + roots]) {
      expect(wayOf(tableOf({ rules: toV1 + rules }))).toBe(fallback);
    }
  });

  it.each([
    ['in the proxy’s namespace', {}, sidecar, true],
    ['in another namespace', { namespace: 'default' }, sidecar, false],
    ['in the root namespace', { namespace: 'istio-system' }, sidecar, true],
    [
      'selecting the workload',
      { selector: 'workloadSelector: { labels: { app: service-a } }' },
      sidecar,
      true,
    ],
    ['selecting another', { selector: 'workloadSelector: { labels: { app: x } }' }, sidecar, false],
    ['for sidecars', { context: 'SIDECAR_OUTBOUND' }, sidecar, true],
    ['for gateways', { context: 'GATEWAY' }, sidecar, false],
    ['for gateways, at one', { context: 'GATEWAY', namespace: 'istio-system' }, gateway, true],
    [
      'for sidecars, at a gateway',
      { context: 'SIDECAR_OUTBOUND', namespace: 'istio-system' },
      gateway,
      false,
    ],
    ['in the namespace of a service, at the gateway', {}, gateway, false],
  ])('%s applies: %s', (_, more, proxy, applies) =>
    expect(tableOf({ rules: filter(more), proxy }).clusters.has(fallback)).toBe(applies),
  );
});
