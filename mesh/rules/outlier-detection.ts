/** OutlierDetection: endpoints that fail are left out for a while. */
import type { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { fieldNotes, int32, noted, uint32 } from './fields.ts';
import type { OutlierDetection } from './model.ts';
import { wholePercent } from './percent.ts';
import { shape } from './shape.ts';

const fields = {
  consecutive5xxErrors: noted('default 5; 0 switches it off', uint32.nullable().optional()),
  consecutiveGatewayErrors: noted('default 0: off', uint32.nullable().optional()),
  interval: noted('default 10s', duration.optional()),
  baseEjectionTime: noted('default 30s', duration.optional()),
  maxEjectionPercent: noted('default 10', wholePercent.optional()),
  minHealthPercent: noted('default 0', wholePercent.optional()),
  consecutiveErrors: int32
    .optional()
    .register(fieldNotes, { status: 'accepted', note: 'deprecated: Istio does nothing with it any more' }),
};

export const outlierDetection = shape('OutlierDetection', fields);

/** Defaults are those of Envoy, as Istio sets it up. */
export function toOutlierDetection(written: z.infer<z.ZodObject<typeof fields>>): OutlierDetection {
  return {
    consecutive5xxErrors: written.consecutive5xxErrors ?? 5,
    consecutiveGatewayErrors: written.consecutiveGatewayErrors ?? 0,
    intervalMs: milliseconds(written.interval) ?? 10_000,
    baseEjectionTimeMs: milliseconds(written.baseEjectionTime) ?? 30_000,
    maxEjectionPercent: written.maxEjectionPercent || 10,
    minHealthPercent: written.minHealthPercent ?? 0,
  };
}
