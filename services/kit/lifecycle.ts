/** A service's process: from its first look at the configuration to its exit code. */
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type Koa from 'koa';
import { prepareToBind } from '../../carry/carried-headers.ts';
import type { ServiceDeps } from './app.ts';
import { ConfigError, type ServiceConfig } from './config.ts';
import { createLogger } from './logging.ts';
import { createReadiness } from './readiness.ts';

const secondMs = 1_000;

const exitFailed = 1;
const exitBadConfig = 2;

/** Reads the configuration, starts the service, and stops it on SIGTERM or SIGINT. Never returns to its caller. */
export function runService<C extends ServiceConfig>(
  programName: string,
  readConfig: (env: NodeJS.ProcessEnv) => C,
  create: (config: C, deps: ServiceDeps) => Koa,
): void {
  const config = configOrExit(programName, readConfig);
  const log = createLogger(config);
  const service = startService(config, create, {
    log,
    onError: (why) => {
      process.stderr.write(`${programName}: ${why}\n`);
      process.exit(exitFailed);
    },
  });
  stopOnSignal(async (signal) => {
    log.info({ signal }, 'stopping');
    return (await service.stop()) ? 0 : exitFailed;
  });
}

export interface StartOptions extends Pick<ServiceDeps, 'log' | 'proxyFor'> {
  /** It cannot listen, and why. */
  onError: (why: string) => void;
  onListening?: () => void;
}

export interface StartedService {
  /**
   * Is no longer ready, answers what it was asked, and closes its port.
   * @returns whether it could, within the grace period
   */
  stop: () => Promise<boolean>;
  /** Closes all its connections, also those with a request in them. */
  hangUp: () => void;
}

/** Starts a service that may share this process with others: its environment is its configuration. */
export function startService<C extends ServiceConfig>(
  config: C,
  create: (config: C, deps: ServiceDeps) => Koa,
  { log, proxyFor, onError, onListening }: StartOptions,
): StartedService {
  const readiness = createReadiness(config.ready);
  const server = createHttpServer(create(config, { log, readiness, proxyFor }), config);
  server.once('error', (error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'the port is in use; set PORT to another' : error.message;
    onError(`cannot listen on port ${config.port}: ${why}`);
  });
  server.listen(config.port, config.host, () => {
    const { address, port } = server.address() as AddressInfo;
    log.info({ address, port, ready: config.ready }, 'listening');
    onListening?.();
  });
  return {
    stop: async () => {
      readiness.stop();
      const drained = await drain(server, config);
      log.info({ drained }, 'stopped');
      return drained;
    },
    hangUp: () => server.closeAllConnections(),
  };
}

function configOrExit<C>(programName: string, readConfig: (env: NodeJS.ProcessEnv) => C): C {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${programName}: ${error.message}\n`);
    process.exit(exitBadConfig);
  }
}

/** Their events belong to a request, see propagation.ts. Node's own classes stay as they are. */
class BoundRequest extends IncomingMessage {}
class BoundResponse extends ServerResponse {}
for (const { prototype } of [BoundRequest, BoundResponse]) prepareToBind(prototype);

/** The server of an app, with its limits. */
export function createHttpServer(app: Koa, config: ServiceConfig): Server {
  const limits = {
    keepAliveTimeout: config.keepAliveMs,
    keepAliveTimeoutBuffer: 0, // Node would add a second
    headersTimeout: 10 * secondMs,
    requestTimeout: 30 * secondMs,
    connectionsCheckingInterval: 5 * secondMs,
    maxHeaderSize: 60 * 1024, // Envoy's own default
    IncomingMessage: BoundRequest,
    ServerResponse: BoundResponse,
    optimizeEmptyRequests: true, // most have no body: no stream is set up and read for it
  };
  return createServer(limits, app.callback());
}

/** Whether all requests were answered within the grace period. */
async function drain(server: Server, config: ServiceConfig): Promise<boolean> {
  let end!: (drained: boolean) => void;
  const ended = new Promise<boolean>((resolve) => {
    end = resolve;
  });
  const overdue = setTimeout(() => {
    end(false);
    server.closeAllConnections();
  }, config.gracePeriodMs);
  await wait(config.drainDelayMs);
  server.close(() => end(true));
  const drained = await ended;
  clearTimeout(overdue);
  return drained;
}

/** The first signal stops, and exits with the code that `stop` returns; the second exits at once. */
function stopOnSignal(stop: (signal: NodeJS.Signals) => Promise<number>): void {
  let stopping = false;
  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
  ] as const) {
    process.on(signal, async () => {
      if (stopping) process.exit(128 + number);
      stopping = true;
      process.exit(await stop(signal));
    });
  }
}
