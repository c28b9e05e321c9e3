import { describe, expect, it } from 'vitest';
import { routeOf, routeProblems } from './testing.ts';

const toB = 'route: [{ destination: { host: b } }]';
const matchOf = (match: string) => routeOf(`{ match: [${match}], ${toB} }`).match[0];
const problems = (match: string) => routeProblems(`{ match: [${match}], ${toB} }`);

describe('match', () => {
  it('reads every condition', () => {
    const match = matchOf(`{
      name: m, uri: { prefix: /a }, ignoreUriCase: true, scheme: { exact: http }, method: { exact: GET },
      authority: { regex: 'b\\..*' }, headers: { Project-Version: { exact: release-v1 }, ":path": { prefix: /x } },
      withoutHeaders: { X-Debug: {}, y: { regex: "*" } }, queryParams: { Q: { exact: "1" } }, port: 80,
      sourceLabels: { app: a }, sourceNamespace: other, gateways: [mesh, gw, other/gw] }`);
    expect(match).toMatchObject({
      name: 'm',
      uri: { type: 'prefix', value: '/a' },
      ignoreUriCase: true,
      scheme: { type: 'exact', value: 'http' },
      method: { type: 'exact', value: 'GET' },
      authority: { type: 'regex', value: 'b\\..*' },
      port: 80,
      sourceLabels: { app: 'a' },
      sourceNamespace: 'other',
      gateways: ['mesh', 'coloring/gw', 'other/gw'],
    });
    expect([...(match?.headers ?? [])]).toEqual([
      ['project-version', { type: 'exact', value: 'release-v1' }],
      [':path', { type: 'prefix', value: '/x' }],
    ]);
    expect([...(match?.withoutHeaders ?? [])]).toEqual([
      ['x-debug', { type: 'present' }],
      ['y', { type: 'present' }],
    ]);
    expect([...(match?.queryParams.keys() ?? [])]).toEqual(['Q']);
  });

  it('compiles regular expressions, for the whole value', () => {
    const { authority } = matchOf('{ authority: { regex: "b|c" } }') ?? {};
    if (authority?.type !== 'regex') throw new Error('no regex');
    expect(authority.regex.matches('b')).toBe(true);
    expect(authority.regex.matches('bc')).toBe(false);
  });

  it('takes an empty condition for "present" on headers and for none elsewhere', () => {
    const match = matchOf('{ headers: { a: {} }, uri: {}, method: {}, port: 0, sourceNamespace: "" }');
    expect(match?.headers.get('a')).toEqual({ type: 'present' });
    expect(match).toMatchObject({
      uri: undefined,
      method: undefined,
      port: undefined,
      sourceNamespace: undefined,
    });
    expect(matchOf('{ uri: { prefix: "" } }')?.uri).toEqual({ type: 'prefix', value: '' });
  });

  it.each([
    ['{ uri: { exact: a, prefix: b } }', 'match[0].uri: only one of exact, prefix may be written'],
    ['{ uri: { regex: "" } }', 'match[0].uri.regex: must not be empty'],
    ['{ method: { prefix: "" } }', 'match[0].method.prefix: must not be empty'],
    ['{ headers: { a: { prefix: "" } } }', 'match[0].headers.a.prefix: must not be empty'],
    ['{ headers: { a: { regex: "*" } } }', /^match\[0\]\.headers\.a\.regex: not a regular expression of RE2/],
    [
      '{ headers: { a: { regex: "(?=x)" } } }',
      /^match\[0\]\.headers\.a\.regex: not a regular expression of RE2/,
    ],
    [`{ uri: { regex: ${'a'.repeat(1025)} } }`, 'match[0].uri.regex: longer than 1024 bytes'],
    ['{ headers: { "a b": {} } }', 'match[0].headers[a b]: "a b" is not the name of a header'],
    ['{ headers: { "": {} } }', 'match[0].headers[]: "" is not the name of a header'],
    [
      '{ headers: { "@request.auth.claims.group": { exact: x } } }',
      'match[0].headers[@request.auth.claims.group]: JWT claims: not run by the local mesh; use a cluster',
    ],
    ['{ headers: { a: null } }', 'match[0].headers.a: expected an object, got nothing (null)'],
    [
      '{ headers: { a: { exact: 1 } } }',
      'match[0].headers.a.exact: expected a string, got 1, a number; put it in quotes',
    ],
    ['{ port: 65536 }', 'match[0].port: 65536: not in 0 to 65535'],
    ['{ port: "80" }', 'match[0].port: expected a number, got "80"; take the quotes off'],
    ['{ sourceLabels: { "a b": c } }', 'match[0].sourceLabels[a b]: "a b" is not a label\'s key'],
    ['{ sourceLabels: { a: "b c" } }', 'match[0].sourceLabels.a: "b c" is not a label\'s value'],
    ['{ sourceNamespace: a.b }', 'match[0].sourceNamespace: "a.b": not a namespace'],
    ['{ gateways: [a/b/c] }', 'match[0].gateways[0]: "a/b/c": not namespace/name of a Gateway'],
    ['{ header: {} }', 'match[0].header: unknown field; did you mean headers?'],
  ])('%s is refused', (match, expected) => {
    const found = problems(match);
    expect(found).toHaveLength(1);
    if (typeof expected === 'string') expect(found[0]).toBe(expected);
    else expect(found[0]).toMatch(expected);
  });

  it('accepts a prefix for statistics', () => expect(problems('{ statPrefix: x }')).toEqual([]));
});
