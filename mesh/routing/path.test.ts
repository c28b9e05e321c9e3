import { expect, it } from 'vitest';
import { explain } from './explain.ts';
import { normalizePath } from './path.ts';
import { decided, request, tableOf } from './testing.ts';

it('is normalised before rules see it, the same to decide and to explain', () => {
  const table = tableOf();
  for (const path of ['/a/../b?x=/../y', '/%61/../b?x=/../y']) {
    expect(decided(table, { path })).toMatchObject({ path: '/b?x=/../y' });
    expect(explain(table, request({ path })).decision).toMatchObject({ path: '/b?x=/../y' });
  }
});

it('reaches the upstream without needless %XX', () =>
  expect(decided(tableOf(), { path: '/%61bc' })).toMatchObject({ path: '/abc' }));

it.each([
  ['/', '/'],
  ['/a/b?c=/../d', '/a/b?c=/../d'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/..', '/'],
  ['/a/b/.', '/a/b/'],
  ['/../../etc', '/etc'],
  ['/a/%2e%2E/b', '/b'],
  ['/a\\b', '/a/b'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a/..b/c', '/a/..b/c'],
  ['//a//b', '//a//b'],
  ['/a/../b?x=1#y', '/b?x=1#y'],
  ['/%61%5A%39%7e?q=%61', '/aZ9~?q=%61'],
  ['/%2F%40%5B%60%7B%3a', '/%2F%40%5B%60%7B%3a'],
  ['/{a}"', '/%7Ba%7D%22'],
])('%s is %s', (path, normal) => {
  expect(normalizePath(path)).toBe(normal);
});
