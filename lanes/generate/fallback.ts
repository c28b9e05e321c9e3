/**
 * The fallback that upstream Istio has not: a version without a ready pod is served by the baseline. Why each part is
 * there stands in istio/fallback.yaml.
 */
import type { LaneService, Lanes } from '../lanes.ts';
import { gatewayPods } from './gateway.ts';
import { type IstioObject, istioObject, routeName, versionsToRoute } from './objects.ts';
import { type Place, versionRoutes } from './version-routes.ts';

const unbounded = 4_294_967_295;
const extensions = 'type.googleapis.com/envoy.extensions';

/** For the gateway where the service is an entry, and for the sidecars of its namespace; none for an only version. */
export function fallbackFilters(lanes: Lanes, service: LaneService): IstioObject[] {
  const [baseline, ...others] = versionsToRoute(service);
  if (!baseline || others.length === 0) return [];
  const filter = (place: Place, namespace: string, spec: object, comment: string) => {
    const configPatches = others.flatMap(({ name }) => patches(lanes, service, name, place));
    return istioObject(
      'EnvoyFilter',
      { name: `${service.name}-fallback`, namespace },
      { ...spec, configPatches },
      comment,
    );
  };
  const atSidecars = filter(
    'mesh',
    service.namespace,
    {},
    `${service.name}, for the sidecars of this namespace.`,
  );
  if (!service.entry) return [atSidecars];
  const { namespace, selector } = gatewayPods;
  const workloadSelector = { labels: selector };
  return [
    filter('gateway', namespace, { workloadSelector }, `${service.name}, for the gateway.`),
    atSidecars,
  ];
}

function patches(lanes: Lanes, service: LaneService, version: string, place: Place) {
  const member = (subset: string) =>
    `outbound|${service.port}|${subset}|${service.name}.${service.namespace}.svc.cluster.local`;
  const routes = versionRoutes(lanes, version, place).map(
    ({ suffix }) => routeName(service, version) + suffix,
  );
  return fallbackPatches([member(version), member(service.baseline)], routes);
}

/** An aggregate cluster that takes the first of its members with a healthy endpoint, and the routes led to it. */
export function fallbackPatches(members: readonly [string, string], routes: readonly string[]) {
  const cluster = members[0].replace('outbound', 'fallback');
  return [
    {
      applyTo: 'CLUSTER',
      match: { context: 'ANY' },
      patch: {
        operation: 'ADD',
        value: {
          name: cluster,
          connect_timeout: '10s',
          lb_policy: 'CLUSTER_PROVIDED',
          circuit_breakers: {
            thresholds: [
              {
                max_connections: unbounded,
                max_pending_requests: unbounded,
                max_requests: unbounded,
                max_retries: unbounded,
              },
            ],
          },
          cluster_type: {
            name: 'envoy.clusters.aggregate',
            typed_config: {
              '@type': `${extensions}.clusters.aggregate.v3.ClusterConfig`,
              clusters: members,
            },
          },
        },
      },
    },
    ...routes.map((name) => ({
      applyTo: 'HTTP_ROUTE',
      match: {
        context: 'ANY',
        routeConfiguration: { vhost: { route: { name } } },
      },
      patch: {
        operation: 'MERGE',
        value: {
          route: {
            cluster,
            retry_policy: {
              retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,reset',
              retriable_status_codes: [503],
              retry_priority: {
                name: 'envoy.retry_priorities.previous_priorities',
                typed_config: {
                  '@type': `${extensions}.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig`,
                  update_frequency: 1,
                },
              },
            },
          },
        },
      },
    })),
  ];
}
