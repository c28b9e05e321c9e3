/** The services as processes of their own, for what only a process can show: signals and exit codes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LogLine } from './apps.ts';

export interface ServiceProcess extends AsyncDisposable {
  child: ChildProcess;
  url: string;
  /** The next line logged that says this, also when it was logged before now. */
  logged: (message: string) => Promise<LogLine>;
  exit: Promise<{ code: number | null; stderr: string }>;
}

export type ServiceName = 'service-a' | 'service-b';

const entryPoint = (service: ServiceName): string =>
  fileURLToPath(new URL(`../${service}/main.ts`, import.meta.url));

/** Runs the program to its end: for those that refuse to start. */
export async function runToExit(service: ServiceName, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [entryPoint(service)], {
    env: { ...process.env, PORT: '0', ...env },
  });
  return exitOf(child);
}

/** Starts the program on a free port and waits until it listens. */
export async function startService(
  service: ServiceName,
  env: NodeJS.ProcessEnv = {},
  command = [entryPoint(service)],
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, command, {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...env },
  });
  const exit = exitOf(child);
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line));
    for (const look of waiting) look();
  });

  const logged = (message: string): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find(({ msg }) => msg === message);
        if (!line) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      look();
      exit.then(({ code, stderr }) => reject(new Error(`${service} ended with ${code}: ${stderr}`)));
    });

  const { port } = await logged('listening');
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    logged,
    exit,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}
