/** When nobody reads what a command says any more: `| head`. */

import { describeSystemError } from './system-error.ts';

/**
 * Ends the process, quietly, as soon as its output has no reader. A command that has something to clean up at Ctrl-C
 * does the same here. Where output cannot be written for another reason (a full disk), a command that stays up goes on
 * without, and any other ends with 2: what it should say is lost.
 */
export function endWithItsReader(): void {
  let isGone = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (isGone) return;
    isGone = true;
    const staysUp = process.listenerCount('SIGINT') > 0;
    if (error.code !== 'EPIPE') {
      const more = staysUp ? '; it goes on, and says no more' : '';
      console.error(`standard output: ${describeSystemError(error) ?? error.message}${more}`);
      if (!staysUp) process.exit(2);
      return;
    }
    if (!staysUp) process.exit(0);
    process.emit('SIGINT');
  };
  process.stdout.on('error', onError);
  process.stderr.on('error', onError);
}
