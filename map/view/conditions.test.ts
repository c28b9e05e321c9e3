import { expect, it } from 'vitest';
import type { HttpMatch } from '../../mesh/rules/model.ts';
import { colorOf, conditionsOf } from './conditions.ts';

const match = (more: Partial<HttpMatch>): HttpMatch => ({
  place: { file: 'a.yaml', line: 1 },
  ignoreUriCase: false,
  headers: new Map(),
  withoutHeaders: new Map(),
  queryParams: new Map(),
  sourceLabels: {},
  ...more,
});

const v1 = new Map([['color', { type: 'exact', value: 'v1' } as const]]);

it('each thing that is asked for is a condition; what says nothing is none', () => {
  const asked = conditionsOf(
    match({
      uri: { type: 'prefix', value: '/api' },
      headers: v1,
      withoutHeaders: new Map([['cookie', { type: 'present' }]]),
      port: 80,
      sourceLabels: { app: 'a' },
    }),
  );
  expect(asked).toEqual([
    { of: 'path', is: 'prefix', value: '/api' },
    { of: 'header', name: 'color', is: 'exact', value: 'v1' },
    { of: 'header', name: 'cookie', is: 'present', not: true },
    { of: 'port', is: 'exact', value: '80' },
    { of: 'caller', name: 'app', is: 'exact', value: 'a' },
  ]);
  expect(conditionsOf(match({ uri: { type: 'prefix', value: '/' } }))).toEqual([]);
});

it('the colour of a route is what it asks for and nothing else', () => {
  expect(colorOf(match({ headers: v1, port: 80 }), 'color')).toBe('v1');
  expect(colorOf(match({ headers: v1, method: { type: 'exact', value: 'GET' } }), 'color')).toBe(undefined);
  expect(colorOf(match({ withoutHeaders: v1 }), 'color')).toBe(undefined);
  expect(colorOf(match({ headers: v1 }), 'another')).toBe(undefined);
});
