/** Kinds of fields that several of Istio's messages have. */
import { z } from 'zod';
import type { Path } from './problem.ts';

export const NOT_RUN = 'not run by the local mesh; use a cluster';

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
    if (!run.includes(value)) ctx.addIssue({ code: 'custom', message: `${value}: ${NOT_RUN}` });
  });
  const left = values.filter((value) => !run.includes(value));
  return left.length > 0 ? noted(`refused: ${left.join(', ')}`, schema) : schema;
}

export const int32 = z.int().min(-2147483648).max(2147483647);
export const uint32 = z.int().min(0).max(4294967295);

/** A whole number that must not be negative. */
export const count = z.int().max(2147483647).superRefine(atLeastZero);

function atLeastZero(value: number, ctx: z.RefinementCtx<number>): void {
  if (value < 0) ctx.addIssue({ code: 'custom', message: `${value}: must not be negative` });
}

/** A TCP port: 1 to 65535. */
export const port = z.int().superRefine((value, ctx) => {
  if (value < 1 || value > 65535) ctx.addIssue({ code: 'custom', message: `${value}: not in 1 to 65535` });
});

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
