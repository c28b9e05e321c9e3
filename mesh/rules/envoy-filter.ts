/**
 * EnvoyFilter in the one shape that the local mesh runs, that of istio/fallback.yaml: an aggregate cluster is added,
 * and routes are pointed to it by their name, with retries that go on to its next member.
 * https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
import { z } from 'zod';
import { aggregateCluster, filled, only, routeToFallback } from './fallback-messages.ts';
import { notRun, text } from './fields.ts';
import { selectorLabels } from './labels.ts';
import type { FallbackFilter, FilterContext } from './model.ts';
import { ruleKind } from './object.ts';
import { shape } from './shape.ts';

const contexts = ['ANY', 'GATEWAY', 'SIDECAR_OUTBOUND'];

const context = text((value) => (contexts.includes(value) ? undefined : `${value}: ${notRun}`)).optional();

const clusterPatch = shape('EnvoyConfigObjectPatch', {
  applyTo: z.literal('CLUSTER'),
  match: shape('EnvoyConfigObjectMatch (CLUSTER)', { context }).optional(),
  patch: shape('Patch', { operation: only('ADD'), value: aggregateCluster }),
});

const routePatch = shape('EnvoyConfigObjectPatch', {
  applyTo: z.literal('HTTP_ROUTE'),
  match: shape('EnvoyConfigObjectMatch (HTTP_ROUTE)', {
    context,
    routeConfiguration: shape('RouteConfigurationMatch', {
      vhost: shape('VirtualHostMatch', { route: shape('RouteMatch', { name: filled }) }),
    }),
  }),
  patch: shape('Patch', {
    operation: only('MERGE'),
    value: routeToFallback,
  }),
});

const spec = shape('EnvoyFilter', {
  workloadSelector: shape('WorkloadSelector', { labels: selectorLabels.optional() }).optional(),
  configPatches: z.array(z.discriminatedUnion('applyTo', [clusterPatch, routePatch])).optional(),
});

export const envoyFilter = ruleKind<typeof spec, FallbackFilter>(
  'EnvoyFilter',
  spec,
  { reads: [], check: () => {} },
  ({ workloadSelector, configPatches = [] }, { at, ...meta }) => {
    const clusters: FallbackFilter['clusters'][number][] = [];
    const routes: FallbackFilter['routes'][number][] = [];
    for (const [i, { applyTo, match, patch }] of configPatches.entries()) {
      const applied = {
        context: (match?.context ?? 'ANY') as FilterContext,
        place: at(['configPatches', i]),
      };
      if (applyTo === 'CLUSTER') {
        const { name, cluster_type } = patch.value;
        clusters.push({ name, members: cluster_type.typed_config.clusters, ...applied });
      } else {
        const { name } = match.routeConfiguration.vhost.route;
        const { cluster, retry_policy } = patch.value.route;
        const retryAtNext = retry_policy && {
          retryOn: retry_policy.retry_on?.split(','),
          statusCodes: retry_policy.retriable_status_codes,
        };
        routes.push({ route: name, cluster, retryAtNext, ...applied });
      }
    }
    return { kind: 'EnvoyFilter', ...meta, workloadSelector: workloadSelector?.labels, clusters, routes };
  },
);
