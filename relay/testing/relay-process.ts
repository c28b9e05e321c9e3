/** The program of the pod as a real process, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { firstLine } from '../../runtime/first-line.ts';
import { projectFile } from '../../runtime/project.ts';
import { newSessionKey, type SessionKey } from '../stream/session-key.ts';

export interface RelayProcess extends AsyncDisposable {
  child: ChildProcess;
  key: SessionKey;
  port: number;
  streamPort: number;
  healthPort: number;
  /** All lines of its log until now. */
  log: Record<string, unknown>[];
  /** Resolves to its exit code. */
  exit: Promise<number | null>;
  /** A connection to its stream port. */
  dial: () => Promise<Socket>;
}

/** Starts it on free ports; a bundle instead of the source, where one is given. */
export async function startRelayProcess(
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [projectFile('relay/pod/main.ts')],
): Promise<RelayProcess> {
  const key = newSessionKey();
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      PORT: '0',
      RELAY_STREAM_PORT: '0',
      RELAY_HEALTH_PORT: '0',
      RELAY_PUBLIC_KEY: key.publicKey,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const log: Record<string, unknown>[] = [];
  const ports = await firstLine(child, child.stdout as Readable, (line) => {
    const said = JSON.parse(line) as Record<string, unknown>;
    log.push(said);
    return said.msg === 'listening' ? (said as unknown as RelayProcess) : undefined;
  });
  const { port, streamPort, healthPort } = ports;
  return {
    ...{ child, key, port, streamPort, healthPort, log, exit },
    dial: () => dial(streamPort),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** A connection to a port of this computer. @throws where nothing listens */
async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}
