/** When nobody reads what a command says any more: `| head`. */

/**
 * Ends the process, quietly, as soon as its output has no reader. A command that has something to clean up at Ctrl-C
 * does the same here.
 */
export function endWithItsReader(): void {
  let isGone = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (isGone) return;
    isGone = true;
    if (process.listenerCount('SIGINT') === 0) process.exit(0);
    process.emit('SIGINT');
  };
  process.stdout.on('error', onError);
  process.stderr.on('error', onError);
}
