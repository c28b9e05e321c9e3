/** Ctrl-C for a command that runs others. */
import { onStopSignal } from './stop-signal.ts';

/** Aborted at the first Ctrl-C: what runs is ended and cleaned up behind. The second one ends at once. */
export function stoppable(): AbortSignal {
  const controller = new AbortController();
  onStopSignal({ stop: () => controller.abort(), stopNow: () => process.exit(130) });
  return controller.signal;
}
