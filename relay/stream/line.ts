/** A line at the beginning of a connection, before anything else speaks on it. */
import type { Duplex } from 'node:stream';

export interface LineLimits {
  /** The line may be so long, without its end. */
  mostBytes: number;
  withinMs: number;
}

const newline = 0x0a;

/**
 * Reads up to the first `\n`; what comes behind it stays to be read.
 * @throws Error where the line is too long, too late, or the connection ends before
 */
export function readLine(connection: Duplex, { mostBytes, withinMs }: LineLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const timer = setTimeout(() => done(new Error(`no line within ${withinMs} ms`)), withinMs);
    const onEnd = () => done(new Error('the connection ended before its first line'));
    const onError = (error: Error) => done(error);
    const onReadable = () => {
      for (let chunk = connection.read(); chunk !== null; chunk = connection.read()) {
        read = Buffer.concat([read, chunk]);
        const end = read.indexOf(newline);
        if (end > mostBytes || (end < 0 && read.length > mostBytes))
          return done(new Error(`the first line is longer than ${mostBytes} bytes`));
        if (end < 0) continue;
        const line = read.toString('latin1', 0, end);
        done();
        if (read.length > end + 1) connection.unshift(read.subarray(end + 1));
        return resolve(line);
      }
    };
    const done = (error?: Error) => {
      clearTimeout(timer);
      connection.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onError);
      if (error) reject(error);
    };
    connection.on('readable', onReadable).on('end', onEnd).on('close', onEnd).on('error', onError);
    if (connection.destroyed) onEnd();
  });
}
