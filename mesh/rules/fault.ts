/** HTTPFaultInjection: delays and errors on purpose. */
import type { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { int32, noted, say } from './fields.ts';
import type { Fault } from './model.ts';
import { percentage, percentOf } from './percent.ts';
import { shape } from './shape.ts';
import { httpStatus } from './status.ts';

const delay = shape('HTTPFaultInjection.Delay', {
  fixedDelay: duration.optional(),
  percentage: noted('without it: no request', percentage.optional()),
  percent: noted('deprecated: percentage', int32.optional()),
}).superRefine(({ percent = 0 }, ctx) => {
  if (percent < 0 || percent > 100) say(ctx, ['percent'], `${percent}: not in 0 to 100`);
});

const abort = shape('HTTPFaultInjection.Abort', {
  httpStatus: httpStatus.optional(),
  percentage: noted('without it: no request', percentage.optional()),
}).superRefine((written, ctx) => {
  // Istio warns only, and Envoy then refuses the route.
  if (!('httpStatus' in written || 'grpcStatus' in written || 'http2Error' in written)) {
    say(ctx, ['httpStatus'], 'is missing');
  }
});

const fields = { delay: delay.optional(), abort: abort.optional() };

export const fault = shape('HTTPFaultInjection', fields).superRefine((written, ctx) => {
  if (!written.delay && !written.abort) say(ctx, [], 'needs a delay, an abort, or both');
});

export function toFault(written: z.infer<z.ZodObject<typeof fields>>): Fault {
  const { delay, abort } = written;
  return {
    delay:
      delay?.fixedDelay === undefined
        ? undefined
        : {
            fixedDelayMs: milliseconds(delay.fixedDelay),
            percent: delay.percentage ? percentOf(delay.percentage) : (delay.percent ?? 0),
          },
    abort:
      abort?.httpStatus === undefined
        ? undefined
        : { httpStatus: abort.httpStatus, percent: abort.percentage ? percentOf(abort.percentage) : 0 },
  };
}
