import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

it('does all, and never more at a time than it may', async () => {
  const done: number[] = [];
  let busy = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++busy);
    await new Promise(setImmediate);
    busy--;
    done.push(item);
  });
  expect([done.sort(), most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3]);
});

it('begins nothing more when one fails', async () => {
  const begun: number[] = [];
  const failing = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    await new Promise(setImmediate);
    if (item === 1) throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(begun).toEqual([1, 2]);
});

it('has nothing to do with no items', async () => {
  await inParallel([], 8, () => Promise.reject(new Error('no')));
});
