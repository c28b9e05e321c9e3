/** When a command that stays up has to end. */

/** npm hands Ctrl-C on to its script, which had it from the terminal already: one press arrives twice. */
const sameSignalMs = 250;
const parentCheckMs = 500;

/**
 * The first SIGINT, SIGTERM or SIGHUP calls `stop`, the next one `stopNow`. So does the end of npm, where npm started
 * this process: killed with -9 it can tell nobody.
 */
export function onStopSignal({ stop, stopNow }: { stop: () => void; stopNow: () => void }): void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop();
    } else if (performance.now() - firstAt > sameSignalMs) stopNow();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      if (firstAt === undefined) onSignal();
    }, parentCheckMs);
    timer.unref();
  }
}
