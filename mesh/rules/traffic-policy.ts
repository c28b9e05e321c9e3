/** TrafficPolicy: how requests go to a service, one of its subsets or one of its ports. */
import { z } from 'zod';
import { connectionPool, toConnectionPool } from './connection-pool.ts';
import { choice, port, say } from './fields.ts';
import { loadBalancer, toLoadBalancer } from './load-balancer.ts';
import type { TrafficPolicy } from './model.ts';
import { outlierDetection, toOutlierDetection } from './outlier-detection.ts';
import { shape } from './shape.ts';

const common = {
  loadBalancer: loadBalancer.optional(),
  connectionPool: connectionPool.optional(),
  outlierDetection: outlierDetection.optional(),
  tls: shape('ClientTLSSettings', {
    // Between local sidecars nothing is encrypted, and no client or service can see whether it is.
    mode: choice(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'], ['DISABLE', 'ISTIO_MUTUAL']).optional(),
  }).optional(),
};

const fields = {
  ...common,
  portLevelSettings: z
    .array(
      shape('PortTrafficPolicy', { port: shape('PortSelector', { number: port }), ...common }).superRefine(
        ({ port: _, ...policy }, ctx) => needsOne(policy, ctx),
      ),
    )
    .optional(),
};

export const trafficPolicy = shape('TrafficPolicy', fields).superRefine(needsOne);

type Written = z.infer<z.ZodObject<typeof fields>>;

/** An empty list is none to Istio. */
function needsOne(written: object, ctx: z.RefinementCtx): void {
  if (Object.values(written).every((value) => Array.isArray(value) && value.length === 0))
    say(ctx, [], 'needs at least one field');
}

/** Holds the fields that were written and no others, so that they can be laid over those of a wider policy. */
export function toTrafficPolicy(written: Written | undefined): TrafficPolicy {
  const policy: TrafficPolicy = {};
  if (written?.loadBalancer) policy.loadBalancer = toLoadBalancer(written.loadBalancer);
  if (written?.connectionPool) policy.connectionPool = toConnectionPool(written.connectionPool);
  if (written?.outlierDetection) policy.outlierDetection = toOutlierDetection(written.outlierDetection);
  return policy;
}

export function toPortPolicies(written: Written | undefined): ReadonlyMap<number, TrafficPolicy> {
  return new Map(
    (written?.portLevelSettings ?? []).map((entry) => [entry.port.number, toTrafficPolicy(entry)]),
  );
}
