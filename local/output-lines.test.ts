import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { readLines } from './output-lines.ts';

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'close');
  return lines;
}

it('reads lines however they end and however they come', async () => {
  expect(await linesOf('a\nb', 'c\r', '\nd\re\n\n', 'f')).toEqual(['a', 'bc', 'd', 'e', '', 'f']);
  const umlaut = Buffer.from('ü\n');
  expect(await linesOf(umlaut.subarray(0, 1), umlaut.subarray(1))).toEqual(['ü']);
});

it('holds no more than a line may be long, and loses nothing', async () => {
  const lines = await linesOf(...Array<string>(100).fill('x'.repeat(1_000)), '\n', 'y');
  expect(Math.max(...lines.map(({ length }) => length))).toBe(16_384);
  expect(lines.join('')).toBe(`${'x'.repeat(100_000)}y`);
});
