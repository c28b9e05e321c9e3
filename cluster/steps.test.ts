import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Shell } from './shell.ts';
import { type Step, together } from './steps.ts';

const shell = (dryRun = false) => new Shell({ dryRun, say: () => {}, signal: new AbortController().signal });

/** A step that says when it begins and ends. */
const step = (title: string, done: string[], ms: number, failure?: Error): Step => ({
  title,
  run: async () => {
    done.push(`${title} begins`);
    await sleep(ms);
    done.push(`${title} ends`);
    if (failure) throw failure;
  },
});

test('together: at the same time, and over when the last one is', async () => {
  const done: string[] = [];
  const both = together([step('one', done, 50), step('other', done, 1)]);
  expect(both.title).toBe('one; meanwhile: other');
  await both.run(shell());
  expect(done).toEqual(['one begins', 'other begins', 'other ends', 'one ends']);
});

test('together: nothing goes on behind a failure', async () => {
  const done: string[] = [];
  const both = together([step('one', done, 1, new Error('no')), step('other', done, 30)]);
  await expect(both.run(shell())).rejects.toThrow('no');
  expect(done.at(-1)).toBe('other ends');
});

test('together: commands that are only shown come one after the other', async () => {
  const done: string[] = [];
  await together([step('one', done, 20), step('other', done, 1)]).run(shell(true));
  expect(done).toEqual(['one begins', 'one ends', 'other begins', 'other ends']);
});

test('together: the first failure ends what the others run', async () => {
  const sleeping: Step = { title: 'sleeping', run: async (shell) => void (await shell.run('sleep', ['60'])) };
  const both = together([sleeping, step('one', [], 1, new Error('no'))]);
  const began = performance.now();
  await expect(both.run(shell(false))).rejects.toThrow('no');
  expect(performance.now() - began).toBeLessThan(30_000);
});
