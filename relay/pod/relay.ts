/** The relay: a pod's ports on one side, the computer on the other. */

import { once } from 'node:events';
import type { ClientHttp2Session, Http2Session } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { State } from '../stream/heartbeat.ts';
import { clientSession, serverSession, setWindow } from '../stream/sessions.ts';
import { Backlog } from './backlog.ts';
import { CarriedConnections } from './carried.ts';
import { createHealthServer } from './health.ts';
import type { Log } from './log.ts';
import { answerOutgoing } from './outgoing.ts';
import { Readiness } from './readiness.ts';
import type { RelaySettings } from './settings.ts';
import { createStreamServer } from './stream-server.ts';

/** How often it looks whether what was said is still fresh. */
const watchMs = 50;
/** What runs at the end may go on for so long. */
const drainMs = 5_000;

export interface Relay {
  /** Where it listens. */
  ports: { port: number; streamPort: number; healthPort: number };
  /** Resolves when it is over: without its computer for too long, or stopped. */
  ended: Promise<'no computer' | 'stopped'>;
  /** Ready no more; ends after what runs. */
  stop: () => void;
}

/** Listens on its three ports. @throws what listening failed with */
export async function startRelay(settings: RelaySettings, log: Log): Promise<Relay> {
  const readiness = new Readiness();
  let toComputer: ClientHttp2Session | undefined;
  let was: State = { ready: false };
  let since = new Date();
  const isReady = () => readiness.state.ready;
  const backlog = new Backlog();
  const carried = new CarriedConnections(() => toComputer, isReady, backlog);

  const look = (): State => {
    const now = readiness.state;
    if (now.ready !== was.ready || now.why !== was.why) {
      if (now.ready !== was.ready) since = new Date();
      was = now;
      if (now.ready) log('ready');
      else {
        const reset = carried.resetUnanswered();
        log('not ready', { why: now.why, reset });
      }
    }
    return now;
  };

  const openIn = (socket: Socket): Http2Session => {
    const session = clientSession(socket);
    toComputer = session;
    readiness.inIsUp = true;
    session.on('close', () => {
      if (toComputer !== session) return;
      readiness.inIsUp = false;
      look();
    });
    return session;
  };
  const openOut = (socket: Socket): Http2Session => {
    const session = serverSession(socket);
    let isCurrent = true;
    answerOutgoing(session, {
      backlog,
      onState: (state) => {
        if (isCurrent) readiness.said(state);
        return look();
      },
    });
    session.on('close', () => {
      isCurrent = false;
      readiness.silenced();
      look();
    });
    return session;
  };
  const sessions = new Set<Http2Session>();
  const stream = createStreamServer({
    publicKey: settings.publicKey,
    log,
    open: (role, socket) => {
      log('computer connected', { role });
      const session = role === 'in' ? openIn(socket) : openOut(socket);
      sessions.add(session);
      session.once('close', () => sessions.delete(session));
      return session;
    },
  });
  const health = createHealthServer(() => ({ ...look(), since }));

  const ended = Promise.withResolvers<'no computer' | 'stopped'>();
  let passedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    readiness.passed(now - passedAt);
    passedAt = now;
    look();
    const brokenOff = backlog.look();
    if (brokenOff > 0) log('too much that nobody reads', { brokenOff });
    for (const session of sessions) setWindow(session, backlog.windowBytes);
    if (readiness.silentForMs > settings.ttlMs) end('no computer');
  }, watchMs);
  const servers = [carried.server, stream, health];
  const end = (why: 'no computer' | 'stopped') => {
    clearInterval(timer);
    for (const server of servers) server.close();
    ended.resolve(why);
  };

  const [port, streamPort, healthPort] = await Promise.all([
    listen(carried.server, settings.port),
    listen(stream, settings.streamPort, '127.0.0.1'),
    listen(health, settings.healthPort),
  ]);
  const ports = { port, streamPort, healthPort } as Relay['ports'];
  log('listening', ports);
  const stop = () => {
    readiness.stop();
    look();
    const began = performance.now();
    const wait = setInterval(() => {
      if (carried.size > 0 && performance.now() - began < drainMs) return;
      clearInterval(wait);
      end('stopped');
    }, watchMs);
  };
  return { ports, ended: ended.promise, stop };
}

async function listen(server: Server, port: number, host?: string): Promise<number> {
  server.listen({ port, host });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
