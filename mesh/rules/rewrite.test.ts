import { describe, expect, it } from 'vitest';
import { routeOf, routeProblems } from './testing.ts';

const withRewrite = (rewrite: string) => `{ route: [{ destination: { host: b } }], rewrite: ${rewrite} }`;

describe('rewrite', () => {
  it('reads a rewrite by regular expression', () => {
    const { rewrite } = routeOf(
      withRewrite(String.raw`{ uriRegexRewrite: { match: '^/(\w+)', rewrite: '/x/\1' } }`),
    );
    expect(rewrite?.uriRegex?.rewrite).toBe(String.raw`/x/\1`);
    expect(rewrite?.uriRegex?.regex.matcher('/abc/d').find()).toBe(true);
  });

  it.each([
    ['{}', 'rewrite: needs uri, uriRegexRewrite or authority'],
    ['{ uri: "" }', 'rewrite: needs uri, uriRegexRewrite or authority'],
    ['{ uriRegexRewrite: { match: a } }', 'rewrite.uriRegexRewrite: needs both match and rewrite'],
    [
      '{ uri: /a, uriRegexRewrite: { match: a, rewrite: b } }',
      'rewrite.uriRegexRewrite: not together with uri',
    ],
    [
      String.raw`{ uriRegexRewrite: { match: '(a)', rewrite: '\2' } }`,
      String.raw`rewrite.uriRegexRewrite.rewrite: \2: match has 1 group`,
    ],
    [
      String.raw`{ uriRegexRewrite: { match: a, rewrite: '\x' } }`,
      'rewrite.uriRegexRewrite.rewrite: a backslash must be followed by a digit or a backslash',
    ],
  ])('%s is refused', (rewrite, expected) => expect(routeProblems(withRewrite(rewrite))).toEqual([expected]));
});
