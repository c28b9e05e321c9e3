import { expect, it } from 'vitest';
import { withNormalPath } from './path.ts';
import { request } from './testing.ts';

it.each([
  ['/a/../b', '/b'],
  ['/a/./b', '/a/b'],
  ['/../../a', '/a'],
  ['/a/b/..', '/a/'],
  ['/a/.', '/a/'],
  ['/a\\b', '/a/b'],
  ['/a/%2e%2E/b', '/b'],
  ['/a/..b/.c', '/a/..b/.c'],
  ['/a//b', '/a//b'],
  ['/a?x=/../y', '/a?x=/../y'],
  ['/a/../b?x=/./y', '/b?x=/./y'],
])('%s becomes %s', (path, normal) => expect(withNormalPath(request({ path })).path).toBe(normal));
