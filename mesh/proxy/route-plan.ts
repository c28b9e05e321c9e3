/** What a proxy needs of a route while it carries a request out, worked out once for each route. */
import { passthroughCluster } from '../routing/cluster-name.ts';
import type { Decision } from '../routing/decision.ts';
import type { Fault, HttpRoute } from '../rules/model.ts';
import { RetryRules } from './retry.ts';

export interface RoutePlan {
  retry: RetryRules;
  timeoutMs: number | undefined;
  fault: Fault | undefined;
}

/** A service without VirtualService: Istio's default route, with its default retries. */
const defaultPlan: RoutePlan = { retry: new RetryRules(), timeoutMs: undefined, fault: undefined };

/** ALLOW_ANY's route has no retry policy. */
const passthroughPlan: RoutePlan = {
  retry: new RetryRules({ attempts: 0, retryOn: [], retriableStatusCodes: [] }),
  timeoutMs: undefined,
  fault: undefined,
};

const plans = new WeakMap<HttpRoute, RoutePlan>();

/** What belongs to a decision, whatever comes of it: a redirect may be delayed too. */
export function planFor(decision: Decision): RoutePlan {
  if ('by' in decision && decision.by) return planOf(decision.by.route);
  const outside = decision.type === 'forward' && decision.cluster === passthroughCluster;
  return outside ? passthroughPlan : defaultPlan;
}

function planOf(route: HttpRoute): RoutePlan {
  let plan = plans.get(route);
  if (!plan) {
    plan = {
      retry: new RetryRules(route.retries),
      timeoutMs: route.timeoutMs || undefined,
      fault: route.fault,
    };
    plans.set(route, plan);
  }
  return plan;
}
