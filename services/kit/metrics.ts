/** What Prometheus reads at /metrics. Every label has few values: none comes from a request as it is. */
import type { Middleware } from 'koa';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { HopOutcome } from './hop-outcome.ts';

/** The route label of every path that is not operational. */
const anyPath = '/*';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface Metrics {
  registry: Registry;
  /** Koa middleware that measures what comes after it. */
  measure: Middleware;
  countHop: (outcome: HopOutcome) => void;
}

/** One registry an app, with the process' own metrics. */
export function createMetrics(self: { name: string; version: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: self.name, version: self.version });
  collectDefaultMetrics({ register: registry });

  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the head of its answer.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const hops = new Counter({
    name: 'coloring_hops_total',
    help: 'Requests served, by whether this version is the one that their colour asked for.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['match', 'fallback', 'baseline']) hops.inc({ outcome }, 0);

  return {
    registry,
    measure: async (ctx, next) => {
      const start = performance.now();
      await next();
      const seconds = (performance.now() - start) / 1000;
      const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : anyPath;
      const method = methods.has(ctx.method) ? ctx.method : 'OTHER';
      duration.observe({ route, method, status: ctx.status }, seconds);
    },
    countHop: (outcome) => hops.inc({ outcome }),
  };
}
