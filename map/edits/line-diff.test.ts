import { expect, it } from 'vitest';
import { lineDiff } from './line-diff.ts';

const text = Array.from({ length: 10 }, (_, i) => `line ${i + 1}\n`).join('');

it('changed lines with their numbers, and some around them', () => {
  const after = text.replace('line 5\n', 'five\nand a half\n');
  expect(lineDiff(text, after).map(({ type, line, text }) => `${type} ${line} ${text}`)).toEqual([
    ...['same 2 line 2', 'same 3 line 3', 'same 4 line 4'],
    ...['removed 5 line 5', 'added 5 five', 'added 6 and a half'],
    ...['same 7 line 6', 'same 8 line 7', 'same 9 line 8'],
  ]);
});

it('nothing where nothing changed', () => {
  expect(lineDiff(text, text)).toEqual([]);
});
