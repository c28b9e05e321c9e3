/** The services in a test's own process: configured by environment variables, with what they log at hand. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import type { ServiceDeps } from '../kit/app.ts';
import { createHttpServer } from '../kit/lifecycle.ts';
import { createLogger } from '../kit/logging.ts';
import { createReadiness } from '../kit/readiness.ts';
import { createServiceA } from '../service-a/app.ts';
import { readConfig as readConfigA } from '../service-a/config.ts';
import { createServiceB } from '../service-b/app.ts';
import { readConfig as readConfigB } from '../service-b/config.ts';
import type { ServiceName } from './processes.ts';

export type LogLine = Record<string, unknown> & { level: string; msg: string };

export interface TestApp {
  app: Koa;
  lines: LogLine[];
  deps: ServiceDeps;
}

export function testServiceA(env: NodeJS.ProcessEnv): TestApp {
  const config = readConfigA(env);
  const logged = testDeps(config);
  return { app: createServiceA(config, logged.deps), ...logged };
}

export function testServiceB(env: NodeJS.ProcessEnv = {}): TestApp {
  const config = readConfigB(env);
  const logged = testDeps(config);
  return { app: createServiceB(config, logged.deps), ...logged };
}

/** A service in the server that its process has, with its limits; {@link listening} takes it. */
export function serverOf(
  name: ServiceName,
  env: NodeJS.ProcessEnv = {},
  proxyFor?: ServiceDeps['proxyFor'],
): Server {
  if (name === 'service-b') return createHttpServer(testServiceB(env).app, readConfigB(env));
  const config = readConfigA(env);
  return createHttpServer(createServiceA(config, { ...testDeps(config).deps, proxyFor }), config);
}

function testDeps(config: ReturnType<typeof readConfigB>): { deps: ServiceDeps; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = createLogger(config, { write: (line) => lines.push(JSON.parse(line)) });
  return { deps: { log, readiness: createReadiness(config.ready) }, lines };
}

/** A server on a free port of the loopback; `await using` ends it with its connections. */
export async function listening(
  answering: RequestListener | Server,
): Promise<{ url: string; server: Server } & AsyncDisposable> {
  const server = typeof answering === 'function' ? createServer(answering) : answering;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
