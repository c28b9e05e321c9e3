import { expect, test } from 'vitest';
import type { HeaderChange } from '../rules/model.ts';
import { changeHeaders, removeNominated, setLine } from './headers.ts';

const change = (written: { set?: object; add?: object; remove?: string[] }): HeaderChange => ({
  set: new Map(Object.entries(written.set ?? {})),
  add: new Map(Object.entries(written.add ?? {})),
  remove: written.remove ?? [],
});

test('within one level: remove, then set, then add', () => {
  const lines = ['a', '1', 'b', '2', 'a', '3'];
  changeHeaders(lines, [
    change({ remove: ['a'], set: { a: 'set', c: 'new' }, add: { a: 'add', b: 'more' } }),
  ]);
  expect(lines).toEqual(['b', '2', 'a', 'set', 'c', 'new', 'a', 'add', 'b', 'more']);
});

test('a later level works on what the earlier one left', () => {
  const lines: string[] = [];
  changeHeaders(lines, [change({ set: { a: 'destination' } }), change({ set: { a: 'route' } })]);
  expect(lines).toEqual(['a', 'route']);
});

test('host and pseudo headers are not touched', () => {
  const lines = ['host', 'b'];
  changeHeaders(lines, [change({ remove: ['host'], set: { host: 'c', ':path': '/' } })]);
  expect(lines).toEqual(['host', 'b']);
});

test('set leaves one line', () => {
  const lines = ['a', '1', 'b', '2', 'a', '3', 'a', '4'];
  setLine(lines, 'a', 'only');
  expect(lines).toEqual(['a', 'only', 'b', '2']);
});

test('what Connection names goes', () => {
  const lines = ['a', '1', 'b', '2', 'c', '3'];
  removeNominated(lines, 'keep-alive, A ,c');
  expect(lines).toEqual(['b', '2']);
});

// As a real Envoy has it (1.39, asked with a route of these).
test.each([
  [[], ['d', '.', 'a', 'm=', 'x', 'new', 'baggage', 'k=']],
  [
    ['x', '1', 'gone', 'g', 'baggage', 'u=1'],
    ['x', 'new', 'baggage', 'u=1', 'd', '.', 'a', 'm=1', 'b', '1', 'c', '1', 'baggage', 'k=1'],
  ],
])('values that tell of headers: of %j', (lines, expected) => {
  changeHeaders(lines, [
    change({
      remove: ['gone'],
      set: { d: '%REQ(gone)%.', a: 'm=%REQ(x)%', b: '%REQ(x)%', x: 'new', c: '%REQ(X)%' },
      add: { baggage: 'k=%REQ(x)%' },
    }),
  ]);
  const pairs = (list: readonly string[]) =>
    list.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${list[i + 1]}`] : []));
  expect(pairs(lines).sort()).toEqual(pairs(expected).sort());
});
