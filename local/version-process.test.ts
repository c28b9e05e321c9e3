import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeLaunch } from './launch.ts';
import { type ProcessChange, VersionProcess } from './version-process.ts';

const server = `require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1');`;

let folder: string;
const started: VersionProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'version-process-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop(0)));
  await rm(folder, { recursive: true });
});

/** A process of this program, and its changes in order as they come. */
async function supervise(program: string) {
  const file = join(folder, 'program.cjs');
  await writeFile(file, program);
  const changes: ProcessChange[] = [];
  const output: string[] = [];
  const waiting = new Set<() => void>();
  const process = new VersionProcess({
    launch: nodeLaunch(file, {}),
    onOutput: (line) => output.push(line),
    onChange: (change) => {
      changes.push(change);
      for (const wake of waiting) wake();
    },
  });
  started.push(process);
  void process.start();
  const until = async (type: ProcessChange['type'], count = 1): Promise<ProcessChange> => {
    for (;;) {
      const found = changes.filter((change) => change.type === type)[count - 1];
      if (found) return found;
      await new Promise<void>((wake) => waiting.add(wake));
    }
  };
  return { process, output, until };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('is ready when /readyz answers 200, and gone when it is stopped', async () => {
  const { process, until } = await supervise(server);
  await until('ready');
  expect(process.ready).toBe(true);
  const pid = process.pid as number;
  await process.stop(1_000);
  expect(isRunning(pid)).toBe(false);
});

it('is started again when it dies, later each time, and its last words are heard first', async () => {
  const { until, output } = await supervise(`console.error('no such lane'); process.exit(2);`);
  expect(await until('died')).toEqual({
    type: 'died',
    reason: 'exit code 2',
    wasReady: false,
    retryInMs: 250,
  });
  expect(output).toEqual(['no such lane']);
  expect(await until('died', 2)).toMatchObject({ retryInMs: 500 });
});

it('is ready again after somebody killed it', async () => {
  const { process, until } = await supervise(server);
  await until('ready');
  globalThis.process.kill(process.pid as number, 'SIGKILL');
  expect(await until('died')).toMatchObject({ reason: 'SIGKILL', wasReady: true });
  expect(process.ready).toBe(false);
  await until('ready', 2);
  expect(process.ready).toBe(true);
});

it('is ended after the grace period when it does not end by itself', async () => {
  const { process, until } = await supervise(`process.on('SIGTERM', () => {}); ${server}`);
  await until('ready');
  const pid = process.pid as number;
  await process.stop(50);
  expect(isRunning(pid)).toBe(false);
});

it.skipIf(process.platform !== 'linux')(
  'is stopped, and seen to die, also where a daemon that it started holds its output open',
  async () => {
    const daemon = `require('node:child_process').spawn('sleep', ['300'], { detached: true, stdio: 'inherit' });`;
    const { process, until, output } = await supervise(
      `const { pid } = ${daemon} console.log(pid); console.log('bye');
      ${server}`,
    );
    await until('ready');
    await expect.poll(() => output).toHaveLength(2);
    globalThis.process.kill(process.pid as number, 'SIGKILL');
    expect(await until('died')).toMatchObject({ reason: 'SIGKILL' });
    await until('ready', 2);
    await process.stop(1_000);
    for (const pid of output.map(Number).filter(Boolean)) globalThis.process.kill(pid, 'SIGKILL');
  },
);

it('ends when its parent is killed with -9', async () => {
  const program = join(folder, 'program.cjs');
  await writeFile(program, server);
  const parent = join(folder, 'parent.mts');
  await writeFile(
    parent,
    `import { nodeLaunch } from ${JSON.stringify(new URL('launch.ts', import.meta.url).href)};
    import { VersionProcess } from ${JSON.stringify(new URL('version-process.ts', import.meta.url).href)};
    const child = new VersionProcess({
      launch: nodeLaunch(${JSON.stringify(program)}, {}),
      onOutput: () => {},
      onChange: ({ type }) => type === 'ready' && process.send(child.pid),
    });
    child.start();`,
  );
  const parentProcess = fork(parent, { execArgv: [] });
  const [pid] = (await once(parentProcess, 'message')) as [number];
  expect(isRunning(pid)).toBe(true);
  parentProcess.kill('SIGKILL');
  await once(parentProcess, 'close');
  await expect.poll(() => isRunning(pid)).toBe(false);
});
