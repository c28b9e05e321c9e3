import { afterEach, expect, it, vi } from 'vitest';
import { logOutput } from './log-output.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('drops lines while a megabyte waits, and then says how many', () => {
  const written: unknown[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => written.push(line) > 0);
  const waiting = vi.spyOn(process.stdout, 'writableLength', 'get');
  const output = logOutput((lines) => `lost ${lines}`);

  waiting.mockReturnValue(1024 * 1024);
  output.write('first');
  waiting.mockReturnValue(1024 * 1024 + 1);
  for (const line of ['second', 'third']) output.write(line);
  waiting.mockReturnValue(0);
  for (const line of ['fourth', 'fifth']) output.write(line);
  expect(written).toEqual(['first', 'lost 2', 'fourth', 'fifth']);
});
