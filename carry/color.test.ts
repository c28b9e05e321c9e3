import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isColor, parseColor } from './color.ts';

describe('parseColor', () => {
  it.each(['release', 'release-v3', 'a', '0', 'a'.repeat(63)])('takes %s', (color) => {
    expect(parseColor(color)).toEqual({ color });
  });

  it.each([undefined, '', '-'])('takes %j for no colour', (header) => {
    expect(parseColor(header)).toEqual({ color: '-' });
  });

  it.each([
    ['too long', 'a'.repeat(64)],
    ['several values', 'release-v1, release-v2'],
    ['the same value twice', 'release-v1, release-v1'],
    ['a control character', 'release\u0000'],
    ['unicode', 'rot-grün'],
    ['upper case', 'Release'],
    ['a dot', 'release.v1'],
    ['- at the start', '-release'],
    ['- at the end', 'release-'],
    ['a line break after it', 'release\n'],
  ])('takes %s for no colour, and says what was wrong', (_, header) => {
    expect(parseColor(header)).toEqual({ color: '-', malformed: header });
  });

  it('lets through nothing but labels of 1 to 63 of a-z, 0-9 and - with no - at either end', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('a', 'z', '0', '-') }),
    );
    fc.assert(
      fc.property(anything, (value) => {
        const characters = [...value];
        const label =
          characters.length >= 1 &&
          characters.length <= 63 &&
          characters.every((c) => 'abcdefghijklmnopqrstuvwxyz0123456789-'.includes(c)) &&
          !value.startsWith('-') &&
          !value.endsWith('-');
        expect(isColor(value)).toBe(label);
      }),
    );
  });
});
