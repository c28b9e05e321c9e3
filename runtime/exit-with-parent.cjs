// Loaded into every version's process before its program (node --require): the services know nothing of who started
// them. The channel to the parent closes when the parent ends, however it ends, kill -9 included; nobody would ever
// stop this process then, so it ends itself.
if (process.channel) {
  process.on('disconnect', () => process.exit(0));
  process.channel.unref(); // listening must not keep a program alive that has finished
}
