/** StringMatch: exact, prefix or regex. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { noted, say } from './fields.ts';
import type { StringMatch, ValueMatch } from './model.ts';
import { shape } from './shape.ts';

/** Longer ones Istio refuses. */
const longestRegex = 1024;

const fields = {
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: noted('RE2; matches the whole value', z.string().optional()),
};

export type WrittenMatch = z.infer<z.ZodObject<typeof fields>>;

/** For the path, where an empty prefix is allowed. */
export const uriMatch = shape('StringMatch', fields).superRefine((match, ctx) => {
  check(match, ctx);
});

/** For everything but the path. */
export const stringMatch = shape('StringMatch', fields).superRefine((match, ctx) => {
  if (match.prefix === '') say(ctx, ['prefix'], 'must not be empty');
  check(match, ctx);
});

/** For withoutHeaders: the regex `*`, which is none, says "present" there. */
export const absenceMatch = shape('StringMatch', fields).superRefine((match, ctx) => {
  if (match.prefix === '') say(ctx, ['prefix'], 'must not be empty');
  if (match.regex !== '*') check(match, ctx);
});

function check(match: WrittenMatch, ctx: z.RefinementCtx): void {
  const written = Object.keys(fields).filter((name) => match[name as keyof WrittenMatch] !== undefined);
  if (written.length > 1) say(ctx, [], `only one of ${written.join(', ')} may be written`);
  if (match.regex !== undefined) {
    const problem = regexProblem(match.regex);
    if (problem) say(ctx, ['regex'], problem);
  }
}

/** What is wrong with a regular expression. */
export function regexProblem(regex: string): string | undefined {
  if (regex === '') return 'must not be empty';
  if (Buffer.byteLength(regex) > longestRegex) return `longer than ${longestRegex} bytes`;
  try {
    RE2JS.compile(regex);
    return undefined;
  } catch (error) {
    return `not a regular expression of RE2 (https://github.com/google/re2/wiki/Syntax): ${(error as Error).message}`;
  }
}

/** The condition on a path, method, authority or scheme; none where nothing is written in it. */
export function toStringMatch(match: WrittenMatch | undefined): StringMatch | undefined {
  if (match?.exact !== undefined) return { type: 'exact', value: match.exact };
  if (match?.prefix !== undefined) return { type: 'prefix', value: match.prefix };
  if (match?.regex !== undefined) {
    return { type: 'regex', value: match.regex, regex: RE2JS.compile(match.regex) };
  }
  return undefined;
}

/** The condition on a header or query parameter: that it is there at all, where nothing else is written. */
export function toValueMatch(match: WrittenMatch): ValueMatch {
  if (match.regex === '*') return { type: 'present' };
  return toStringMatch(match) ?? { type: 'present' };
}
