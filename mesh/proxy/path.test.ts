import { expect, test } from 'vitest';
import { normalizePath } from './path.ts';

test.each([
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
