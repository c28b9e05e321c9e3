import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupBy, withResolvers } from './es2024.ts';

it('groups as Map.groupBy does', () => {
  const byKey = (item: number, index: number) => (index % 3) + (item % 2);
  fc.assert(
    fc.property(fc.array(fc.nat()), (items) => {
      expect([...groupBy(items, byKey)]).toEqual([...Map.groupBy(items, byKey)]);
    }),
  );
});

it('settles from outside as Promise.withResolvers does', async () => {
  const one = withResolvers<string>();
  one.resolve('kept');
  await expect(one.promise).resolves.toBe('kept');
  const other = withResolvers<string>();
  other.reject(new Error('broken'));
  await expect(other.promise).rejects.toThrow('broken');
});
