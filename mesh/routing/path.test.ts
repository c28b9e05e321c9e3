import fc from 'fast-check';
import { expect, it } from 'vitest';
import { explain } from './explain.ts';
import { normalPath } from './path.ts';
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

// Each as Envoy 1.39 has it.
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
  ['/%61%5A%39%7e?q=%61', '/aZ9~?q=%61'],
  ['/%2F%40%5B%60%7B%3a', '/%2F%40%5B%60%7B%3a'],
  ['/{a}"', '/%7Ba%7D%22'],
  ['/a^b|c?x=^|', '/a%5Eb%7Cc?x=^|'],
  // An escape that would come to be by taking another one away stays what it was.
  ['/a/%2%65%2%65/b', '/a/%252e%252e/b'],
  ['/%%32%65', '/%252e'],
  ['/%%41%41', '/%25AA'],
  ['/%4%31', '/%2541'],
  ['/%zz%', '/%zz%'],
  // Parameters of dot segments, which servers of Java take away.
  ['/a/..;b/c', '/c'],
  ['/.;x', '/'],
  ['/a/%2e%2e;x/b', '/a/..;x/b'],
  ['/a/...;b', '/a/...;b'],
  // A fragment goes before anything else.
  ['/a#b', '/a'],
  ['/a?b#c?d', '/a?b'],
  ['/#', '/'],
  // Refused.
  ['/a%00', undefined],
  ['/a?%00', '/a?%00'],
])('%s is %s', (path, normal) => {
  expect(normalPath(path)).toBe(normal);
});

const pieces = [
  '/',
  '/',
  '.',
  '..',
  '%',
  '%2',
  '%2e',
  '%65',
  '%32',
  '5',
  'e',
  ';',
  '\\',
  '^',
  'a',
  '?',
  '%5c',
  '{',
];
const path = fc.array(fc.constantFrom(...pieces)).map((some) => `/${some.join('')}`);

it('leaves no dot segment, whatever was written', () =>
  fc.assert(
    fc.property(path, (path) => {
      const [normal = ''] = (normalPath(path) ?? '/').split('?');
      expect(normal.startsWith('/')).toBe(true);
      for (const segment of normal.split('/')) expect(['.', '..']).not.toContain(segment);
      expect(normal).not.toMatch(/%2e/i);
    }),
  ));
