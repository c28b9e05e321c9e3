import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { HeadStart } from './head-start.ts';

it('is over where nobody asks, before it would be for one who asks and draws nothing', async () => {
  const [alone, withBrowser] = [new HeadStart(), new HeadStart()];
  withBrowser.askedFor();
  const ends: string[] = [];
  await Promise.all([
    withBrowser.over().then(() => ends.push('asked')),
    alone.over().then(() => ends.push('alone')),
  ]);
  expect(ends).toEqual(['alone', 'asked']);
});

it('is over when the page is drawn that was asked for', async () => {
  const headStart = new HeadStart();
  let isOver = false;
  const over = headStart.over().then(() => {
    isOver = true;
  });
  headStart.askedFor();
  await wait(300);
  expect(isOver).toBe(false);
  headStart.drawn();
  await over;
});
