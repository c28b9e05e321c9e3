import { describe, expect, it } from 'vitest';
import { decided, routesOfB, tableOf } from './testing.ts';

/** The path that the upstream gets. */
function rewritten(match: string, rewrite: string, path: string): string {
  const table = tableOf({
    rules: routesOfB(`- match: [${match}]
  rewrite: ${rewrite}
  route: [{ destination: { host: service-b } }]`),
  });
  const decision = decided(table, { path });
  return decision.type === 'forward' ? decision.path : decision.type;
}

describe('rewrite of the uri', () => {
  it.each([
    ['{ uri: { prefix: /old } }', '/new', '/old/x?q=1', '/new/x?q=1'],
    ['{ uri: { prefix: /old } }', '/new', '/older', '/newer'],
    ['{ uri: { prefix: /old/ } }', '/', '/old/x', '/x'],
    ['{ uri: { prefix: /old } }', '/', '/old/x', '//x'],
    ['{ uri: { prefix: /OLD }, ignoreUriCase: true }', '/new', '/old/x', '/new/x'],
    ['{ uri: { exact: /old } }', '/new', '/old?q=1', '/new?q=1'],
    ['{ uri: { regex: "/v[0-9]/.*" } }', '/new', '/v1/x?q=1', '/new?q=1'],
    ['{ method: { exact: GET } }', '/new', '/x', '/newx'],
    ['{ method: { exact: GET } }', '/new/', '/x', '/new/x'],
  ])('%s to %s makes %s %s', (match, uri, path, expected) =>
    expect(rewritten(match, `{ uri: ${uri} }`, path)).toBe(expected),
  );
});

describe('uriRegexRewrite', () => {
  it.each([
    ['^/service/([^/]+)(/.*)$', '\\2/instance/\\1', '/service/foo/v1/api', '/v1/api/instance/foo'],
    ['/a', '/b', '/a/a?/a', '/b/b?/a'],
    ['one', 'x$1', '/one', '/x$1'],
    ['o', '\\0\\0', '/foo', '/foooo'],
    ['x*', '-', '/xx', '-/-'],
    ['(a)|(b)', '[\\1\\2]', '/ab', '/[a][b]'],
  ])('%s to %s makes %s %s', (match, rewrite, path, expected) =>
    expect(
      rewritten(
        '{ uri: { prefix: / } }',
        `{ uriRegexRewrite: { match: '${match}', rewrite: '${rewrite}' } }`,
        path,
      ),
    ).toBe(expected),
  );
});
