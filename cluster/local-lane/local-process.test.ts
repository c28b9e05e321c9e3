import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LocalProcess, refuseBusyPort } from './local-process.ts';

const start = async (...command: string[]) => {
  const started = await LocalProcess.start(command, process.env);
  onTestFinished(() => started.kill());
  return started;
};

test.each([
  ['its own', 'process.exit(7)', 7],
  ['128 and the number of the signal', "process.kill(process.pid, 'SIGTERM')", 143],
  ['128 and 9 where it was killed', "process.kill(process.pid, 'SIGKILL')", 137],
])('the exit code: %s', async (_, program, code) => {
  const started = await start(process.execPath, '--eval', program);
  expect(await started.ended).toBe(code);
  expect(await started.state()).toBe('gone');
});

test('it is ended with what it has started', async () => {
  const started = await start('/bin/sh', '-c', 'sleep 1000 & echo $! >&2; wait');
  expect(await started.state()).toBe('running');
  await started.end();
  expect(await started.ended).toBe(143);
  // Nobody of its group is left.
  await vi.waitFor(async () => expect(await started.state()).toBe('gone'));
});

test('there is no such command', async () => {
  await expect(start('no-such-command-here')).rejects.toThrow('There is no command no-such-command-here.');
});

test.each(['127.0.0.1', '0.0.0.0'])(
  'a port that something has on %s is refused, with the way out',
  async (host) => {
    const server = createServer().listen(0, host);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(refuseBusyPort(port)).rejects.toThrow(
      `Port ${port} of this computer is in use. Another one`,
    );
    server.close();
    await once(server, 'close');
    await expect(refuseBusyPort(port)).resolves.toBeUndefined();
  },
);
