/** Kinds of fields that several of Istio's messages have. */
import { z } from 'zod';
import type { Path } from './problem.ts';

export const notRun = 'not run by the local mesh; use a cluster';

/** What is written beside a field in the list of supported fields. */
export const fieldNotes = z.registry<{ status: 'run' | 'accepted' | 'refused'; note?: string }>();

/** A field that is run, with a remark for the list of supported fields. */
export function noted<T extends z.ZodType>(note: string, schema: T): T {
  // A copy: one schema may stand in several fields.
  const own = schema.clone();
  fieldNotes.add(own, { status: 'run', note });
  return own;
}

/** A string for which `check` finds nothing to say. */
export function text(check: (value: string) => string | undefined): z.ZodString {
  return z.string().superRefine((value, ctx) => {
    const message = check(value);
    if (message) ctx.addIssue({ code: 'custom', message });
  });
}

/** One of `values`, of which the local mesh runs those in `run`. */
export function choice<const T extends string>(values: readonly T[], run: readonly T[] = values) {
  const schema = z.enum(values).superRefine((value, ctx) => {
    if (!run.includes(value)) ctx.addIssue({ code: 'custom', message: `${value}: ${notRun}` });
  });
  const left = values.filter((value) => !run.includes(value));
  return left.length > 0 ? noted(`refused: ${left.join(', ')}`, schema) : schema;
}

export const int32 = whole(-2147483648, 2147483647);
export const uint32 = whole(0, 4294967295);

/** A whole number that must not be negative. */
export const count = whole(0, 2147483647);

/** A TCP port: 1 to 65535. */
export const port = whole(1, 65535);

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number): z.ZodNumber {
  return z.number().superRefine((value, ctx) => {
    if (!Number.isInteger(value)) say(ctx, [], `${value}: not a whole number`);
    else if (value < min && min === 0) say(ctx, [], `${value}: must not be negative`);
    else if (value < min || value > max) say(ctx, [], `${value}: not in ${min} to ${max}`);
  });
}

/** Says at `path`, below the value that is checked, what is wrong; other checks go on. */
export function say(ctx: z.RefinementCtx, path: Path, message: string): void {
  ctx.addIssue({ code: 'custom', path: [...path], message });
}

/**
 * Adds a check to an object that looks at the fields `reads` and no others. It is left out only where one of these
 * is ill-formed itself, so that all that is wrong with an object is said at once.
 */
export function across<Shape extends z.ZodType<object>, Key extends keyof z.infer<Shape>>(
  schema: Shape,
  reads: readonly Key[],
  check: (value: Pick<z.infer<Shape>, Key>, ctx: z.RefinementCtx) => void,
): Shape {
  const read = new Set<unknown>(reads);
  return schema.superRefine((value, ctx) => check(value, ctx as z.RefinementCtx), {
    when: ({ issues }) =>
      issues.every(({ continue: goesOn, path = [] }) => goesOn || (path.length > 0 && !read.has(path[0]))),
  });
}
