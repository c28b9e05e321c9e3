/** When a command that stays up has to end. */
import { readFileSync } from 'node:fs';

/** npm hands Ctrl-C on to its script, which had it from the terminal already: one press arrives twice. */
const sameSignalMs = 250;
const ancestorCheckMs = 500;

/**
 * The first SIGINT, SIGTERM or SIGHUP calls `stop`, the next one `stopNow`. The end of npm, where npm started this
 * process, counts as a signal: killed with -9 it can hand on none.
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
  if (process.env.npm_lifecycle_event === undefined) return;
  const started = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === started) return;
    clearInterval(timer);
    if (firstAt === undefined) onSignal();
  }, ancestorCheckMs);
  timer.unref();
}

/** Who started this process: npm, or a shell that npm started and that stays between the two (dash does). */
function ancestors(): string {
  const parent = statusOf(process.ppid);
  return parent && /^(sh|dash)$/.test(parent.name) ? `${process.ppid} ${parent.ppid}` : `${process.ppid}`;
}

/** Of a process, where the system tells (Linux). */
function statusOf(pid: number): { name: string; ppid: string } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    return { name: field('Name'), ppid: field('PPid') };
  } catch {
    return undefined;
  }
}
