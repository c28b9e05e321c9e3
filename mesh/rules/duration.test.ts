import { describe, expect, it } from 'vitest';
import { duration, durationOrZero, milliseconds } from './duration.ts';

describe('duration', () => {
  it.each([
    ['1ms', 1],
    ['500ms', 500],
    ['0.5s', 500],
    ['.5s', 500],
    ['1.s', 1000],
    ['+2s', 2000],
    ['0.1s', 100],
    ['1h2m3.5s', 3_723_500],
    ['1000us', 1],
    ['1000µs', 1],
    ['1000000ns', 1],
    ['5s1m', 65_000],
  ])('%s is %d ms', (written, ms) => {
    expect(duration.safeParse(written).error).toBeUndefined();
    expect(milliseconds(written)).toBe(ms);
  });

  it.each([
    ['', 'not a duration'],
    ['5', 'not a duration'],
    ['s', 'not a duration'],
    ['.s', 'not a duration'],
    ['1 s', 'not a duration'],
    ['1d', 'not a duration'],
    ['1e3s', 'not a duration'],
    ['9999999h', 'not a duration'],
    ['1'.repeat(200), 'not a duration'],
    ['0', 'less than 1ms'],
    ['0s', 'less than 1ms'],
    ['999us', 'less than 1ms'],
    ['-1s', 'less than 1ms'],
    ['1.0005s', 'finer than 1ms'],
  ])('%s is refused: %s', (written, why) => {
    expect(duration.safeParse(written).error?.issues[0]?.message).toContain(why);
  });

  it('takes zero where Istio does', () => {
    expect(durationOrZero.safeParse('0s').success).toBe(true);
    expect(durationOrZero.safeParse('-1s').success).toBe(false);
  });
});
