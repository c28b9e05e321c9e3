/** What a program says when it is ready. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const longestWords = 2_000;

/**
 * The first line of a program's output that `read` makes something of. The stream is read on behind it.
 * @throws what its start failed with, or an Error with its last words where it ends before
 */
export async function firstLine<Found>(
  child: ChildProcess,
  stream: Readable,
  read: (line: string) => Found | undefined,
): Promise<Found> {
  const { promise, resolve, reject } = Promise.withResolvers<Found>();
  let said = '';
  const keep = (text: string) => {
    said = `${said}${text}`.slice(-longestWords);
  };
  createInterface({ input: stream }).on('line', (line) => {
    keep(`${line}\n`);
    const found = read(line);
    if (found !== undefined) resolve(found);
  });
  if (child.stderr && child.stderr !== stream) child.stderr.on('data', (chunk) => keep(String(chunk)));
  child.once('error', reject);
  // `close` rather than `exit`: by then its last words have been read.
  child.once('close', () => reject(new Error(`${child.spawnfile} ended: ${said.trim()}`)));
  return promise;
}
