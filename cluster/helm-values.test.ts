import { expect, test } from 'vitest';
import { valueFlags } from './helm-values.ts';

test('text as text, numbers as numbers, the rest as JSON', () => {
  expect(
    valueFlags({ service: 'b', port: 1, version: '20260101', entry: true, env: { A: '{"k":1}' } }),
  ).toEqual([
    ...['--set-string', 'service=b,version=20260101'],
    ...['--set', 'port=1,entry=true'],
    ...['--set-json', 'env={"A":"{\\"k\\":1}"}'],
  ]);
});

test.each([
  ['a,b', 'x=a\\,b'],
  ['a\\b', 'x=a\\\\b'],
  ['{a}', 'x=\\{a}'],
  ['', 'x='],
])('%j is written %s', (value, written) => {
  expect(valueFlags({ x: value })).toEqual(['--set-string', written]);
});

test('nothing gives no flag', () => expect(valueFlags({})).toEqual([]));
