/** The messages of Envoy's own API that istio/fallback.yaml writes, spelt as there, and nothing else of them. */
import { z } from 'zod';
import { duration } from './duration.ts';
import { fieldNotes, noted, notRun, text, uint32, whole } from './fields.ts';
import { notACondition } from './retries.ts';

const noBound = 4294967295;

/** A message of which only `fields` are run. */
function message<Fields extends z.ZodRawShape>(fields: Fields): z.ZodObject<Fields> {
  const other = z.custom(() => false, { error: notRun, abort: false });
  return z.object(fields).catchall(other) as unknown as z.ZodObject<Fields>;
}

/** A string that has to be `wanted`. */
export function only(wanted: string) {
  return noted(
    wanted,
    text((value) => (value === wanted ? undefined : `${value}: ${notRun} (it runs ${wanted} here)`)),
  );
}

/** A string with something in it. */
export const filled = text((value) => (value === '' ? 'must not be empty' : undefined));

const member = text((name) =>
  /^outbound\|\d+\|[^|]*\|[^|]+$/.test(name)
    ? undefined
    : `${JSON.stringify(name)}: not a cluster of the form outbound|PORT|SUBSET|HOST`,
);

const conditions = text((list) => list.split(',').map(notACondition).find(Boolean));

/** Envoy's bounds of a cluster do not exist here, so only their absence can be written. */
const unbounded = uint32
  .superRefine((value, ctx) => {
    if (value === noBound) return;
    ctx.addIssue({ code: 'custom', message: `${value}: ${notRun} (it runs ${noBound}, no bound, here)` });
  })
  .optional();

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/clusters/aggregate/v3/cluster.proto */
export const aggregateCluster = message({
  name: filled,
  connect_timeout: duration
    .optional()
    .register(fieldNotes, { status: 'accepted', note: 'the members of the cluster have their own' }),
  lb_policy: only('CLUSTER_PROVIDED'),
  circuit_breakers: message({
    thresholds: z.array(
      message({
        max_connections: unbounded,
        max_pending_requests: unbounded,
        max_requests: unbounded,
        max_retries: unbounded,
      }),
    ),
  }).optional(),
  cluster_type: message({
    name: only('envoy.clusters.aggregate'),
    typed_config: message({
      '@type': only('type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig'),
      clusters: z.array(member),
    }),
  }),
});

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto */
export const routeToFallback = message({
  route: message({
    cluster: filled,
    retry_policy: message({
      retry_on: conditions.optional(),
      retriable_status_codes: z.array(whole(100, 599)),
      retry_priority: message({
        name: only('envoy.retry_priorities.previous_priorities'),
        typed_config: message({
          '@type': only(
            'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
          ),
          update_frequency: whole(1, 1),
        }),
      }),
    }).optional(),
  }),
});
