import { expect, it } from 'vitest';
import { pathAndQuery } from './request-target.ts';

it.each([
  ['/', '/'],
  ['/a/../b?x=%20&y', '/a/../b?x=%20&y'],
  ['//elsewhere/x', '//elsewhere/x'],
  ['http://service-a:31000/a?b', '/a?b'],
  ['http://service-a:31000', '/'],
  ['HTTP://service-a?b', '/?b'],
  ['*', undefined],
])('%s -> %s', (target, path) => {
  expect(pathAndQuery(target)).toBe(path);
});
