import { expect, it } from 'vitest';
import { explain } from './explain.ts';
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
