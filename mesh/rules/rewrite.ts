/** HTTPRewrite: path and authority as the upstream is to see them. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { noted, say } from './fields.ts';
import type { Rewrite } from './model.ts';
import { shape } from './shape.ts';
import { regexProblem } from './string-match.ts';
import { headerText, pathText } from './wire-text.ts';

const fields = {
  uri: pathText.optional(),
  authority: headerText.optional(),
  uriRegexRewrite: shape('RegexRewrite', {
    match: z.string().optional(),
    rewrite: noted('\\1 to \\9 stand for the groups of match', pathText.optional()),
  })
    .superRefine(({ match, rewrite }, ctx) => {
      if (!match || !rewrite) return say(ctx, [], 'needs both match and rewrite');
      const problem = regexProblem(match);
      if (problem) return say(ctx, ['match'], problem);
      const groups = RE2JS.compile(match).groupCount();
      for (const [, group = ''] of rewrite.matchAll(/\\(.?)/gs)) {
        if (group !== '\\' && !/\d/.test(group)) {
          say(ctx, ['rewrite'], 'a backslash must be followed by a digit or a backslash');
        } else if (Number(group) > groups) {
          say(ctx, ['rewrite'], `\\${group}: match has ${groups} group${groups === 1 ? '' : 's'}`);
        }
      }
    })
    .optional(),
};

export const rewrite = shape('HTTPRewrite', fields).superRefine((written, ctx) => {
  if (written.uri && written.uriRegexRewrite) say(ctx, ['uriRegexRewrite'], 'not together with uri');
  if (!written.uri && !written.uriRegexRewrite && !written.authority) {
    say(ctx, [], 'needs uri, uriRegexRewrite or authority');
  }
});

export function toRewrite(written: z.infer<z.ZodObject<typeof fields>>): Rewrite {
  const { match, rewrite } = written.uriRegexRewrite ?? {};
  return {
    uri: written.uri || undefined,
    uriRegex: match && rewrite ? { regex: RE2JS.compile(match), rewrite } : undefined,
    authority: written.authority || undefined,
  };
}
