/** Shares of the requests, in percent. */
import { z } from 'zod';
import { say, whole } from './fields.ts';
import { shape } from './shape.ts';

/** `{value: 12.5}`; Envoy counts in steps of 0.0001. */
export const percentage = shape('Percent', { value: z.number().optional() }).superRefine(
  ({ value = 0 }, ctx) => {
    if (value < 0 || value > 100) say(ctx, ['value'], `${value}: not in 0 to 100`);
    else if (value > 0 && value < 0.0001) say(ctx, ['value'], `${value}: less than 0.0001 percent`);
  },
);

/** As `percentage`; mirrors take any share above 0, however small. */
export const mirrorPercentage = shape('Percent', { value: z.number().optional() }).superRefine(
  ({ value = 0 }, ctx) => {
    if (value < 0 || value > 100) say(ctx, ['value'], `${value}: not in 0 to 100`);
  },
);

/** 0 to 100, without decimals. */
export const wholePercent = whole(0, 100);

/** Percent as Envoy has it: cut off after the fourth decimal. */
export function percentOf(written: { value?: number | undefined }): number {
  return Math.trunc((written.value ?? 0) * 10_000) / 10_000;
}
