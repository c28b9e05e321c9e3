/** HTTPFaultInjection: delays and errors on purpose. */
import type { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { int32, noted, say, text } from './fields.ts';
import { type GrpcStatusName, grpcStatusNames } from './grpc-status.ts';
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
  grpcStatus: noted('a name such as UNAVAILABLE', text(grpcProblem).optional()),
  percentage: noted('without it: no request', percentage.optional()),
}).superRefine((written, ctx) => {
  // Istio warns only, and Envoy then refuses the route.
  if (!('httpStatus' in written || 'grpcStatus' in written || 'http2Error' in written)) {
    say(ctx, ['httpStatus'], 'is missing');
  }
  if (written.httpStatus !== undefined && written.grpcStatus !== undefined) {
    say(ctx, ['grpcStatus'], 'one of httpStatus and grpcStatus, not both');
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
    abort: abort && toAbort(abort),
  };
}

function toAbort({ httpStatus, grpcStatus, percentage }: z.infer<typeof abort>): Fault['abort'] {
  const percent = percentage ? percentOf(percentage) : 0;
  if (httpStatus !== undefined) return { httpStatus, percent };
  if (grpcStatus === undefined) return undefined;
  return { grpcStatus: grpcStatusNames.indexOf(grpcStatus as GrpcStatusName), percent };
}

function grpcProblem(name: string): string | undefined {
  if ((grpcStatusNames as readonly string[]).includes(name)) return undefined;
  return `${JSON.stringify(name)}: no status of gRPC; UNAVAILABLE is one`;
}
