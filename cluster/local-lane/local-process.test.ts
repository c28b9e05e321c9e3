import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LocalProcess, refuseBusyPort, refuseUnknownProgram } from './local-process.ts';

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
  const folder = await mkdtemp(join(tmpdir(), 'local-process-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const childOf = async (process: LocalProcess, file: string) => {
    let pid = 0;
    await vi.waitFor(async () => {
      pid = Number(await readFile(join(folder, file), 'utf8'));
      expect(pid).toBeGreaterThan(0);
    });
    return { process, isThere: () => isThere(pid) };
  };
  const script = (file: string, last: string) =>
    start('/bin/sh', '-c', `sleep 1000 & echo $! > ${join(folder, file)}; ${last}`);

  const waiting = await childOf(await script('one', 'wait'), 'one');
  expect([await waiting.process.state(), waiting.isThere()]).toEqual(['running', true]);
  await waiting.process.end();
  expect(await waiting.process.ended).toBe(143);
  await vi.waitFor(() => expect(waiting.isThere()).toBe(false));

  const gone = await childOf(await script('two', 'exit 3'), 'two');
  expect(await gone.process.ended).toBe(3);
  await vi.waitFor(() => expect(gone.isThere()).toBe(false));
});

function isThere(pid: number): boolean {
  try {
    // A zombie answers to kill(pid, 0) until somebody reaps it.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a program that the PATH has not is refused before anything is done', async () => {
  await expect(refuseUnknownProgram(['nodde', 'main.ts'])).rejects.toThrow('There is no command nodde.');
  await refuseUnknownProgram(['sh']);
  await refuseUnknownProgram([]);
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
