/**
 * Several versions in one process, where nobody has to kill one of them: whoever started it says by messages which ones
 * run, with which environment each. Each has its port, its way out, its metrics and its log, as in a process of its own;
 * memory, CPU and the event loop are common to all.
 */
import type Koa from 'koa';
import type { ServiceDeps } from './kit/app.ts';
import { ConfigError, type ServiceConfig } from './kit/config.ts';
import { forwardProxyFor } from './kit/forward-proxy.ts';
import { type StartedService, type StartOptions, startService } from './kit/lifecycle.ts';
import { createLogger } from './kit/logging.ts';
import { createServiceA } from './service-a/app.ts';
import { readConfig as readServiceA } from './service-a/config.ts';
import { createServiceB } from './service-b/app.ts';
import { readConfig as readServiceB } from './service-b/config.ts';

/** What this process is told. */
export type Order =
  | { start: number; program: keyof typeof programs; env: Readonly<Record<string, string>> }
  | { stop: number }
  /** It has had its time to stop. */
  | { hangUp: number }
  /** All have ended. */
  | { leave: true };

/** What it tells, of the version that was started by this number. */
export type News =
  | { of: number; listening: true }
  | { of: number; line: string }
  /** It is gone. */
  | { of: number; ended: string };

const programs = {
  'service-a': program(readServiceA, createServiceA),
  'service-b': program(readServiceB, createServiceB),
};

const running = new Map<number, StartedService>();

process.on('message', (order: Order) => {
  if ('start' in order) start(order);
  else if ('stop' in order) void stop(order.stop);
  else if ('hangUp' in order) running.get(order.hangUp)?.hangUp();
  else process.exit(0);
});
// it lives for its orders, though it has nothing to do before the first
process.channel?.ref();
// whoever started them ends this process, and gives each its time before
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

function start({ start: of, program, env }: Extract<Order, { start: number }>): void {
  const onError = (why: string) => {
    running.delete(of);
    tell({ of, line: `${program}: ${why}` });
    tell({ of, ended: 'exit code 1' });
  };
  try {
    running.set(
      of,
      programs[program](of, env, { onError, onListening: () => tell({ of, listening: true }) }),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    tell({ of, line: `${program}: ${error.message}` });
    tell({ of, ended: 'exit code 2' });
  }
}

async function stop(of: number): Promise<void> {
  const drained = await running.get(of)?.stop();
  running.delete(of);
  tell({ of, ended: `exit code ${drained ? 0 : 1}` });
}

function program<C extends ServiceConfig>(
  readConfig: (env: NodeJS.ProcessEnv) => C,
  create: (config: C, deps: ServiceDeps) => Koa,
) {
  return (
    of: number,
    env: Readonly<Record<string, string>>,
    listeners: Pick<StartOptions, 'onError' | 'onListening'>,
  ): StartedService => {
    const config = readConfig(env);
    const log = createLogger(config, { write: (line) => tell({ of, line: line.trimEnd() }) });
    return startService(config, create, {
      log,
      proxyFor: (origin) => forwardProxyFor(origin, env),
      ...listeners,
    });
  };
}

function tell(news: News): void {
  // nobody listens any more: the end is near
  process.send?.(news, () => {});
}
