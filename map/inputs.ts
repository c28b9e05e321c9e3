/** What the page may ask for, checked. */
import { z } from 'zod';

/** A number that a person types; what is wrong is said with it. */
function numberFrom(least: number, most: number) {
  const error = wrongNumber('number', least, most);
  return z.number({ error }).min(least, { error }).max(most, { error });
}

function integerFrom(least: number, most: number) {
  const error = wrongNumber('whole number', least, most);
  return z.int({ error }).min(least, { error }).max(most, { error });
}

const wrongNumber =
  (kind: string, least: number, most: number) =>
  ({ input }: { input?: unknown }) =>
    `${JSON.stringify(input) ?? 'nothing'} is no ${kind} from ${least} to ${most.toLocaleString('en')}`;

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
    // Some take `/\` for `//`, behind which stands a host.
    .regex(/^\/(?![/\\])[!-~]*$/, 'a path begins with one / and has no blanks')
    .default('/'),
};

/** Requests sent one after the other, once. */
export const sendSchema = z.strictObject({ ...request, colors: z.array(color).min(1).max(50) });

export const sendingSchema = z
  .strictObject({
    ...request,
    rate: numberFrom(0, 100),
    concurrency: integerFrom(1, 50),
    colors: z
      .array(z.strictObject({ color, weight: numberFrom(0, 1_000) }))
      .min(1)
      .max(50)
      .refine((colors) => colors.some(({ weight }) => weight > 0), 'one weight has to be above 0'),
  })
  .nullable();

const name = z.string().min(1, 'a name is missing').max(253, 'a name has at most 253 characters');
const percent = numberFrom(0, 100);
const edited = { rule: name, route: z.int().min(0) };

const editSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...edited,
    type: z.literal('destinations'),
    destinations: z
      .array(z.strictObject({ subset: name, weight: integerFrom(0, 100) }))
      .min(1)
      .max(20),
  }),
  z.strictObject({
    ...edited,
    type: z.literal('fault'),
    delayMs: integerFrom(1, 60_000).optional(),
    abortStatus: integerFrom(200, 599).optional(),
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
    color: name,
    header: name,
    host: name,
    subset: name,
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
