/** A program under measurement: a process of its own, which says where it listens in a line of JSON. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { firstLine } from '../runtime/first-line.ts';
import { projectFile } from '../runtime/project.ts';

export interface MeasuredProcess {
  /** What it said when it listened; `port` for a server. */
  listening: Record<string, unknown>;
  /** Resident memory now, in MB. */
  memory: () => Promise<number>;
  /** Processor time until now. @throws where it was not started with `tellsTime` */
  processorSeconds: () => Promise<number>;
  stop: () => Promise<void>;
}

export interface Launch {
  /** A command that starts it, such as taskset and its options. */
  launcher?: readonly string[];
  /** Whether it tells its processor time. */
  tellsTime?: boolean;
}

/** Starts `node [...args]` and waits until it listens. */
export async function startMeasured(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { launcher = [], tellsTime = false }: Launch = {},
): Promise<MeasuredProcess> {
  const timed = tellsTime ? [`--import=${projectFile('bench/peers/processor-time.ts')}`] : [];
  const [command, ...rest] = [...launcher, process.execPath, ...timed, ...args];
  const child = spawn(command as string, rest, {
    env: { ...withoutProxy(process.env), HOST: '127.0.0.1', DRAIN_DELAY_MS: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit', ...(tellsTime ? ['ipc' as const] : [])],
  });
  const exit = once(child, 'exit');
  const listening = await firstLine(child, child.stdout as Readable, (line) => {
    const said: Record<string, unknown> = JSON.parse(line);
    return said.msg === 'listening' ? said : undefined;
  });
  return {
    listening,
    memory: async () => {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(child.pid)]);
      return Number(stdout) / 1000;
    },
    processorSeconds: async () => {
      child.send('how much');
      const [seconds] = await once(child, 'message');
      return seconds;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** This computer's own proxy has no part in what is measured. */
function withoutProxy(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|no|all)_proxy$/i.test(name)));
}
