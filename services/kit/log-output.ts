/** Standard output as a place for logs that a service can do without. */
import type { DestinationStream } from 'pino';

const keptBytes = 1024 * 1024;

/**
 * Lines go to standard output; when it is closed, or nobody reads it and {@link keptBytes} wait already, they are
 * dropped, and the next line that goes out is one that says how many: `lost` makes it. A service must not stop serving,
 * or ending, because of its log; pino's own destination waits for a reader, even while the process exits.
 */
export function logOutput(lost: (lines: number) => string): DestinationStream {
  const { stdout } = process;
  let dropped = 0;
  // closed: to write is an error each time
  stdout.on('error', () => {});
  return {
    write: (line) => {
      if (stdout.writableLength > keptBytes) {
        dropped++;
        return;
      }
      if (dropped > 0) stdout.write(lost(dropped));
      dropped = 0;
      stdout.write(line);
    },
  };
}
