import { describe, expect, it } from 'vitest';
import { object, problemsOf, rulesOf } from './testing.ts';

const members =
  '["outbound|80|v1|b.coloring.svc.cluster.local", "outbound|80|release|b.coloring.svc.cluster.local"]';
const config = `{ "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig, clusters: ${members} }`;
const cluster = (rest = '', match = '{ context: GATEWAY }') =>
  `{ applyTo: CLUSTER, match: ${match}, patch: { operation: ADD, value: { name: fallback, lb_policy: CLUSTER_PROVIDED,
     cluster_type: { name: envoy.clusters.aggregate, typed_config: ${config} }${rest} } } }`;
const route = (rest = '') =>
  `{ applyTo: HTTP_ROUTE, match: { routeConfiguration: { vhost: { route: { name: b/v1 } } } },
     patch: { operation: MERGE, value: { route: { cluster: fallback }${rest} } } }`;
const filter = (...patches: string[]) =>
  object(
    'EnvoyFilter',
    `workloadSelector: { labels: { istio: ingressgateway } }\nconfigPatches: [${patches.join(',\n  ')}]`,
  );
const problems = (...patches: string[]) =>
  problemsOf(filter(...patches)).map((problem) =>
    problem.replace(/^\d+: EnvoyFilter b: spec\.configPatches\[0\]\./, ''),
  );

const retry = (
  on: string,
) => `retry_policy: { retry_on: "${on}", retriable_status_codes: [503], retry_priority: {
  name: envoy.retry_priorities.previous_priorities, typed_config: {
  "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig,
  update_frequency: 1 } } }`;

describe('EnvoyFilter', () => {
  it('reads aggregate clusters and the routes to them', () => {
    expect(rulesOf(filter(cluster(', connect_timeout: 1s'), route())).fallbackFilters).toMatchObject([
      {
        workloadSelector: { istio: 'ingressgateway' },
        clusters: [
          {
            name: 'fallback',
            context: 'GATEWAY',
            members: [
              'outbound|80|v1|b.coloring.svc.cluster.local',
              'outbound|80|release|b.coloring.svc.cluster.local',
            ],
            place: { line: 6 },
          },
        ],
        routes: [{ route: 'b/v1', cluster: 'fallback', context: 'ANY', place: { line: 8 } }],
      },
    ]);
  });

  it('reads retries that go on to the next member, and bounds that are none', () => {
    const bounds =
      ', circuit_breakers: { thresholds: [{ max_requests: 4294967295, max_retries: 4294967295 }] }';
    const patches = [
      cluster(bounds),
      route().replace('cluster: fallback', `cluster: fallback, ${retry('reset,unavailable')}`),
    ];
    expect(rulesOf(filter(...patches)).fallbackFilters[0]?.routes[0]?.retryAtNext).toEqual({
      retryOn: ['reset', 'unavailable'],
      statusCodes: [503],
    });
  });

  it.each([
    [
      '{ applyTo: HTTP_FILTER, match: { listener: {} }, patch: { operation: INSERT_BEFORE, value: { name: lua } } }',
      'applyTo: "HTTP_FILTER": not run by the local mesh; use a cluster',
    ],
    ['{ patch: {} }', 'applyTo: is missing'],
    [cluster(', type: STRICT_DNS'), 'patch.value.type: not run by the local mesh; use a cluster'],
    [
      cluster('', '{ context: SIDECAR_INBOUND }'),
      'match.context: SIDECAR_INBOUND: not run by the local mesh; use a cluster',
    ],
    [cluster('', '{ cluster: { service: b } }'), 'match.cluster: not run by the local mesh; use a cluster'],
    [cluster('', '{ proxy: { proxyVersion: x } }'), 'match.proxy: not run by the local mesh; use a cluster'],
    [
      cluster().replace('envoy.clusters.aggregate', 'envoy.clusters.redis'),
      'patch.value.cluster_type.name: envoy.clusters.redis: not run by the local mesh; use a cluster (it runs envoy.clusters.aggregate here)',
    ],
    [
      cluster().replace('outbound|80|v1|b.coloring.svc.cluster.local', 'other'),
      'patch.value.cluster_type.typed_config.clusters[0]: "other": not a cluster of the form outbound|PORT|SUBSET|HOST',
    ],
    [cluster().replace('lb_policy: CLUSTER_PROVIDED,', ''), 'patch.value.lb_policy: is missing'],
    [
      cluster(', circuit_breakers: { thresholds: [{ max_requests: 5 }] }'),
      'patch.value.circuit_breakers.thresholds[0].max_requests: 5: not run by the local mesh; use a cluster (it runs 4294967295, no bound, here)',
    ],
    [
      route().replace(
        'cluster: fallback',
        'cluster: fallback, retry_policy: { retriable_status_codes: [503] }',
      ),
      'patch.value.route.retry_policy.retry_priority: is missing',
    ],
    [
      route().replace('cluster: fallback', `cluster: fallback, ${retry('resets')}`),
      'patch.value.route.retry_policy.retry_on: "resets": not a condition for retries; did you mean reset?',
    ],
    [route(', decorator: {}'), 'patch.value.decorator: not run by the local mesh; use a cluster'],
    [
      route().replace('operation: MERGE', 'operation: REMOVE'),
      'patch.operation: REMOVE: not run by the local mesh; use a cluster (it runs MERGE here)',
    ],
    [
      route().replace('vhost:', 'name: "80", vhost:'),
      'match.routeConfiguration.name: not run by the local mesh; use a cluster',
    ],
    [route().replace('{ name: b/v1 }', '{}'), 'match.routeConfiguration.vhost.route.name: is missing'],
  ])('is refused where it does something else (%#)', (patch, expected) => {
    expect(problems(patch)).toEqual([expected]);
  });
});
