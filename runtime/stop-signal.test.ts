import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stop-signal-'));
  program = join(folder, 'program.mts');
  await writeFile(
    program,
    `import { onStopSignal } from ${JSON.stringify(new URL('stop-signal.ts', import.meta.url).href)};
    onStopSignal({ stop: () => process.send?.('stop'), stopNow: () => process.exit(130) });
    setInterval(() => {}, 1_000);
    process.send?.('listening');`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

it('takes a signal that arrives twice at the same time for one, and a later one for the second', async () => {
  const child = fork(program, { execArgv: [] });
  await once(child, 'message');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect(await once(child, 'message')).toEqual(['stop', undefined]);
  // Signals are asynchronous: the second press is repeated until it counts as one.
  const press = setInterval(() => child.kill('SIGINT'), 50);
  const [code] = await once(child, 'close');
  clearInterval(press);
  expect(code).toBe(130);
});

it.each([
  ['', '[process.execPath, [process.argv[2]]]'],
  [
    ' and a shell stays between the two',
    `['sh', ['-c', '"$0" "$1"; exit', process.execPath, process.argv[2]]]`,
  ],
])('stops when npm, which started it, is killed with -9%s', async (_, command) => {
  const npm = join(folder, 'npm.mts');
  await writeFile(
    npm,
    `import { spawn } from 'node:child_process';
    const env = { ...process.env, npm_lifecycle_event: 'start' };
    const child = spawn(...${command}, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', (pid) => process.send(Number(pid)));`,
  );
  const quitting = join(folder, 'quitting.mts');
  await writeFile(
    quitting,
    `import { onStopSignal } from ${JSON.stringify(new URL('stop-signal.ts', import.meta.url).href)};
    onStopSignal({ stop: () => process.exit(0), stopNow: () => {} });
    setInterval(() => {}, 1_000);
    console.log(process.pid);`,
  );
  const parent = fork(npm, [quitting], { execArgv: [] });
  const [pid] = (await once(parent, 'message')) as [number];
  parent.kill('SIGKILL');
  await once(parent, 'close');
  const isRunning = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await expect.poll(isRunning).toBe(false);
});
