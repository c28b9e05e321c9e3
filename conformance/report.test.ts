import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { Outcome } from './repeat.ts';
import { outcomeLines } from './report.ts';

const same: Outcome<string> = { one: 'same', first: [], again: [] };
const once: Outcome<string> = { one: 'once', first: ['at first'], again: [] };
const twice: Outcome<string> = { one: 'twice', first: ['at first'], again: ['and again'] };

/** As it is without the inks of a terminal. */
const plain = (outcomes: readonly Outcome<string>[]) =>
  outcomeLines(outcomes, (one) => `case ${one}`).map(stripVTControlCharacters);

it('names what differs, with what differed last, and what is unsteady', () => {
  expect(plain([same, once, twice])).toEqual([
    '~ unsteady, differed at first and never again: case once',
    '    at first',
    '✗ differs: case twice',
    '    and again',
  ]);
});

it('says when too much is unsteady', () => {
  expect(plain([once, once, once, once]).at(-1)).toBe('✗ 4 unsteady: more than the 3 that may be chance');
});
