import { expect, it } from 'vitest';
import { runHere } from '../testing/run-here.ts';

it.each([
  [['-H', 'a b: c'], 'HTTP cannot carry it'],
  [['-H', 'a: b\r\nc: d'], 'HTTP cannot carry it'],
  [['-H', 'a: €'], 'HTTP cannot carry it'],
  [['-X', 'G T'], 'A method is a word'],
])('refuses what no request can be: %j', async (args, reason) => {
  expect(await runHere(['explain', ...args])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(reason),
  });
});

it('takes headers by any name', async () => {
  expect(await runHere(['explain', '-H', '__proto__: x', '-H', '__proto__: y'])).toMatchObject({
    exitCode: 0,
  });
});
