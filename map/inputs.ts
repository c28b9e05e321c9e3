/** What the page may ask for, checked. */
import { z } from 'zod';

/** A colour as a person may type it, a malformed one too; only what cannot be in a header is refused. */
const color = z
  .string()
  .max(200, 'at most 200 characters')
  .regex(/^[\t\x20-\x7e]*$/, 'a header is of printable ASCII characters')
  .nullable();

const request = {
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/, 'a method is of capital letters')
    .refine((method) => method !== 'CONNECT', 'CONNECT is no request for a service')
    .default('GET'),
  path: z
    .string()
    .max(2_000, 'at most 2,000 characters')
    .regex(/^\/(?!\/)[!-~]*$/, 'a path begins with one / and has no blanks')
    .default('/'),
};

/** Requests sent one after the other, once. */
export const sendSchema = z.strictObject({ ...request, colors: z.array(color).min(1).max(50) });

export const sendingSchema = z
  .strictObject({
    ...request,
    rate: z.number().min(0).max(100),
    concurrency: z.int().min(1).max(50),
    colors: z
      .array(z.strictObject({ color, weight: z.number().min(0).max(1_000) }))
      .min(1)
      .max(50)
      .refine((colors) => colors.some(({ weight }) => weight > 0), 'one weight has to be above 0'),
  })
  .nullable();

const name = z.string().max(253);
const percent = z.number().min(0).max(100);
const edited = { rule: name, route: z.int().min(0) };

const editSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...edited,
    type: z.literal('destinations'),
    destinations: z
      .array(z.strictObject({ subset: name, weight: z.int().min(0).max(100) }))
      .min(1)
      .max(20),
  }),
  z.strictObject({
    ...edited,
    type: z.literal('fault'),
    delayMs: z.int().min(1).max(60_000).optional(),
    abortStatus: z.int().min(200).max(599).optional(),
    percent,
  }),
  z.strictObject({ ...edited, type: z.literal('no-fault') }),
  z.strictObject({ ...edited, type: z.literal('mirror'), subset: name, percent }),
  z.strictObject({ ...edited, type: z.literal('no-mirror') }),
  z.strictObject({ ...edited, type: z.literal('remove') }),
  z.strictObject({ rule: name, type: z.literal('circuit-breaking'), on: z.boolean() }),
  z.strictObject({
    ...edited,
    type: z.literal('add'),
    color: name.min(1),
    header: name.min(1),
    host: name.min(1),
    subset: name.min(1),
  }),
]);

export const planSchema = z.strictObject({ edits: z.array(editSchema).min(1).max(20) });
export const applySchema = z.strictObject({ plan: z.string().max(100) });
export const undoSchema = z.strictObject({ change: z.string().max(100) });
export const controlSchema = z.strictObject({
  service: name,
  version: name,
  control: z.enum(['run', 'stop', 'unready', 'slow', 'fail']),
});
