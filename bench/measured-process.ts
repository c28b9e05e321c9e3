/** A program under measurement: a process of its own, which says where it listens in a line of JSON. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { firstLine } from '../runtime/first-line.ts';

export interface MeasuredProcess {
  /** What it said when it listened; `port` for a server. */
  listening: Record<string, unknown>;
  /** Resident memory now, in MB. */
  memory: () => Promise<number>;
  stop: () => Promise<void>;
}

/** Starts `node [...args]` and waits until it listens. */
export async function startMeasured(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<MeasuredProcess> {
  const child = spawn(process.execPath, args, {
    env: { ...withoutProxy(process.env), HOST: '127.0.0.1', DRAIN_DELAY_MS: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const listening = await firstLine(child, child.stdout, (line) => {
    const said: Record<string, unknown> = JSON.parse(line);
    return said.msg === 'listening' ? said : undefined;
  });
  return {
    listening,
    memory: async () => {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(child.pid)]);
      return Number(stdout) / 1000;
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
