/**
 * EnvoyFilter in the one shape that the local mesh runs, that of istio/fallback.yaml: an aggregate cluster is added,
 * and routes are pointed to it by their name.
 * https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
import { z } from 'zod';
import { duration } from './duration.ts';
import { fieldNotes, NOT_RUN, noted, say, text } from './fields.ts';
import { selectorLabels } from './labels.ts';
import type { FallbackFilter, FilterContext } from './model.ts';
import { ruleKind } from './object.ts';
import { shape } from './shape.ts';

const CONTEXTS = ['ANY', 'GATEWAY', 'SIDECAR_OUTBOUND'];
const AGGREGATE = 'envoy.clusters.aggregate';
const CONFIG_TYPE = 'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig';

const only = (wanted: string) =>
  noted(
    wanted,
    text((value) => (value === wanted ? undefined : `${value}: ${NOT_RUN} (it runs ${wanted} here)`)),
  );
const filled = text((value) => (value === '' ? 'must not be empty' : undefined));

const member = text((name) =>
  /^outbound\|\d+\|[^|]*\|[^|]+$/.test(name)
    ? undefined
    : `${JSON.stringify(name)}: not a cluster of the form outbound|PORT|SUBSET|HOST`,
);

/** A message of Envoy's own API, of which only `fields` are run. */
function envoyMessage<Fields extends z.ZodRawShape>(fields: Fields): z.ZodObject<Fields> {
  const other = z.custom(() => false, { error: NOT_RUN, abort: false });
  return z.object(fields).catchall(other) as unknown as z.ZodObject<Fields>;
}

const typedConfig = envoyMessage({
  '@type': only(CONFIG_TYPE),
  clusters: z.array(member).min(1),
});

const connectTimeout = duration
  .optional()
  .register(fieldNotes, { status: 'accepted', note: 'the members of the cluster have their own' });

/** Envoy takes its field names in both spellings. */
const cluster = envoyMessage({
  name: filled,
  connect_timeout: connectTimeout,
  connectTimeout,
  lb_policy: only('CLUSTER_PROVIDED').optional(),
  lbPolicy: only('CLUSTER_PROVIDED').optional(),
  cluster_type: clusterType().optional(),
  clusterType: clusterType().optional(),
}).superRefine((written, ctx) => {
  if (!written.lb_policy && !written.lbPolicy) say(ctx, ['lb_policy'], 'is missing; CLUSTER_PROVIDED');
  if (!written.cluster_type && !written.clusterType) say(ctx, ['cluster_type'], `is missing: ${AGGREGATE}`);
});

function clusterType() {
  return envoyMessage({
    name: only(AGGREGATE),
    typed_config: typedConfig.optional(),
    typedConfig: typedConfig.optional(),
  }).superRefine((written, ctx) => {
    if (!written.typed_config && !written.typedConfig) say(ctx, ['typed_config'], 'is missing');
  });
}

const context = text((value) => (CONTEXTS.includes(value) ? undefined : `${value}: ${NOT_RUN}`)).optional();

const clusterPatch = shape('EnvoyConfigObjectPatch', {
  applyTo: z.literal('CLUSTER'),
  match: shape('EnvoyConfigObjectMatch (CLUSTER)', { context }).optional(),
  patch: shape('Patch', { operation: only('ADD'), value: cluster }),
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
    value: envoyMessage({ route: envoyMessage({ cluster: filled }) }),
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
        const type = patch.value.cluster_type ?? patch.value.clusterType;
        const config = type?.typed_config ?? type?.typedConfig;
        clusters.push({ name: patch.value.name, members: config?.clusters ?? [], ...applied });
      } else {
        const { name } = match.routeConfiguration.vhost.route;
        routes.push({ route: name, cluster: patch.value.route.cluster, ...applied });
      }
    }
    return { kind: 'EnvoyFilter', ...meta, workloadSelector: workloadSelector?.labels, clusters, routes };
  },
);
