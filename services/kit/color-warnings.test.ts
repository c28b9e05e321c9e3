import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { colorWarnings } from './color-warnings.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function warnings() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
  return { warn: colorWarnings(log), lines };
}

it('warns once a minute of each malformed colour, and counts the others', () => {
  const { warn, lines } = warnings();
  for (const value of ['A', 'B', 'A', 'A', 'B']) warn(value);
  expect(lines).toMatchObject([
    { malformed: 'A', level: 40 },
    { malformed: 'B', level: 40 },
  ]);
  vi.advanceTimersByTime(60_000);
  expect(lines.slice(2)).toMatchObject([{ more: 3, level: 40 }]);
  warn('A');
  expect(lines.slice(3)).toMatchObject([{ malformed: 'A' }]);
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(4);
});

it('cuts a long one short and says how long it was', () => {
  const { warn, lines } = warnings();
  warn('x'.repeat(10_000));
  expect(lines).toMatchObject([{ malformed: `${'x'.repeat(64)}…`, length: 10_000 }]);
});

it('logs no more than 16 lines a minute and their count, however many there are', () => {
  const { warn, lines } = warnings();
  for (let i = 0; i < 10_000; i++) warn(`X${i}`);
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(17);
  expect(lines.at(-1)).toMatchObject({ more: 9_984 });
});
