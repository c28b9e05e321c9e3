// Ends process groups when the channel to the parent closes: the parent is gone then, however it ended. For programs
// that know nothing of a parent (exit-with-parent.cjs is for those of this project).
const groups = new Set();
process.on('message', ({ guard, release }) => {
  if (guard) groups.add(guard);
  if (release) groups.delete(release);
});
process.on('disconnect', () => {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {} // it has ended
  }
  process.exit(0);
});
