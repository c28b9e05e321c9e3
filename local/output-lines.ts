/** What a program writes, line by line as it comes. */
import type { Readable } from 'node:stream';

/** What has no end of line for so long is told in pieces, instead of filling the memory. */
const longestLine = 16_384;

/** @param onLine without its end; the last one also where nothing ends it */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    // A \r at the end may be half of an \r\n.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    for (; rest.length > longestLine; rest = rest.slice(longestLine)) onLine(rest.slice(0, longestLine));
  });
  // A reader that is destroyed while somebody still holds the other end.
  stream.on('error', () => {});
  stream.once('close', () => {
    if (rest !== '') onLine(rest.replace(/\r$/, ''));
  });
}
