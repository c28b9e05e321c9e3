import { pino } from 'pino';
import { expect, it } from 'vitest';
import { colorWarnings } from './color-warnings.ts';

function warnings() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
  return { warn: colorWarnings(log), lines };
}

it('warns once of each malformed colour', () => {
  const { warn, lines } = warnings();
  for (const value of ['A', 'B', 'A', 'A', 'B']) warn(value);
  expect(lines.map(({ malformed, level }) => [malformed, level])).toEqual([
    ['A', 40],
    ['B', 40],
  ]);
});

it('cuts a long one short and says how long it was', () => {
  const { warn, lines } = warnings();
  warn('x'.repeat(10_000));
  expect(lines).toMatchObject([{ malformed: `${'x'.repeat(64)}…`, length: 10_000 }]);
});

it('remembers no more than the last 256, however many there are', () => {
  const { warn, lines } = warnings();
  for (let i = 0; i <= 256; i++) warn(`X${i}`);
  warn('X1');
  expect(lines).toHaveLength(257);
  warn('X0');
  expect(lines).toHaveLength(258);
});
