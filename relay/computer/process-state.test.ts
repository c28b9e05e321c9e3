import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { processState } from './process-state.ts';

it('tells whether a process runs, is stopped, or is gone', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid as number;
  await expect.poll(() => processState(pid)).toBe('running');
  child.kill('SIGSTOP');
  await expect.poll(() => processState(pid)).toBe('stopped');
  child.kill('SIGCONT');
  await expect.poll(() => processState(pid)).toBe('running');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await processState(pid)).toBe('gone');
});

it('counts a program that a launcher has started', async () => {
  const launcher = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(launcher.stdout, 'data');
  const program = Number(String(line));
  process.kill(program, 'SIGSTOP');
  await expect.poll(() => processState(launcher.pid as number)).toBe('stopped');
  process.kill(program, 'SIGKILL');
  await once(launcher, 'exit');
});
