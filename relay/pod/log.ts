/** Log lines, as JSON on standard output. A line that nobody takes is lost; the relay goes on. */

export type Log = (msg: string, more?: Record<string, unknown>) => void;

/** The log of this process. */
export function standardLog(): Log {
  process.stdout.on('error', () => {});
  return (msg, more) => {
    process.stdout.write(`${JSON.stringify({ time: new Date(), ...more, msg })}\n`);
  };
}
