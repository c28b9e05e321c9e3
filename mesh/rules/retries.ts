/** HTTPRetry. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { int32, noted, say } from './fields.ts';
import type { RetryPolicy } from './model.ts';
import { nearest } from './problem.ts';
import { shape } from './shape.ts';

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on */
const knownConditions = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
];

/** What Istio retries on where a policy does not say. */
const defaultRetryOn = [
  'connect-failure',
  'refused-stream',
  'unavailable',
  'cancelled',
  'retriable-status-codes',
] as const;

const fields = {
  attempts: noted('0 switches retries off', int32.optional()),
  perTryTimeout: duration.optional(),
  retryOn: noted("Envoy's conditions and status codes, with commas between", z.string().optional()),
};

export const retries = shape('HTTPRetry', fields).superRefine((written, ctx) => {
  const { attempts = 0, perTryTimeout, retryOn } = written;
  if (attempts < 0) say(ctx, ['attempts'], `${attempts}: must not be negative`);
  if (attempts === 0 && (perTryTimeout !== undefined || retryOn || 'retryRemoteLocalities' in written)) {
    say(ctx, ['attempts'], '0 switches retries off, so nothing else may be written beside it');
  }
  if (!retryOn) return;
  for (const condition of retryOn.split(',')) {
    const wrong = isStatusCode(condition) ? undefined : notACondition(condition);
    if (wrong) say(ctx, ['retryOn'], wrong);
  }
});

/** What is wrong with a condition for retries as Envoy has them; undefined: nothing. */
export function notACondition(condition: string): string | undefined {
  if (knownConditions.includes(condition)) return undefined;
  const meant = nearest(condition.trim(), knownConditions);
  return `${JSON.stringify(condition)}: not a condition for retries${meant ? `; did you mean ${meant}?` : ''}`;
}

function isStatusCode(condition: string): boolean {
  return /^[+-]?\d+$/.test(condition) && STATUS_CODES[Number(condition)] !== undefined;
}

export function toRetryPolicy(written: z.infer<z.ZodObject<typeof fields>>): RetryPolicy {
  const conditions = written.retryOn ? written.retryOn.split(',') : [...defaultRetryOn];
  const codes = conditions.filter(isStatusCode).map(Number);
  const retryOn = conditions.filter((condition) => !isStatusCode(condition));
  if (codes.length > 0 && !retryOn.includes('retriable-status-codes')) retryOn.push('retriable-status-codes');
  return {
    attempts: written.attempts ?? 0,
    perTryTimeoutMs: milliseconds(written.perTryTimeout),
    retryOn,
    retriableStatusCodes: codes,
  };
}
