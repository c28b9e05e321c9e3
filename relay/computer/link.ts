/** One proven pair of connections to the relay: `in` and `out`, with the heartbeat on `out`. They live and end together. */

import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Session, Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { prove, type Role } from '../stream/handshake.ts';
import {
  heartbeatMs,
  type State,
  silentMs,
  statePath,
  stateReader,
  writeState,
} from '../stream/heartbeat.ts';
import { clientSession, serverSession } from '../stream/sessions.ts';

/** What is left of the relay's time to answer, after this computer has slept. */
const afterSleepMs = 1_000;

export interface LinkOptions {
  dial: (signal: AbortSignal) => Promise<Duplex>;
  privateKey: KeyObject;
  /** What this computer says of itself, at each heartbeat. */
  state: () => State;
  /** What the relay says of itself, at each heartbeat. */
  onRelayState: (state: State) => void;
  /** A connection of the mesh. */
  onStream: (stream: ServerHttp2Stream) => void;
  /** Both connections have to be there by then. */
  withinMs: number;
  signal: AbortSignal;
}

export interface Link {
  out: ClientHttp2Session;
  /** Says this computer's state now, not with the next heartbeat. */
  beat: () => void;
  /** Resolves to the reason when it is over. */
  ended: Promise<string>;
}

/** Dials both. @throws what dialing or proving failed with */
export async function openLink(options: LinkOptions): Promise<Link> {
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  const sessions: Http2Session[] = [];
  let end: (why: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = (why) => {
      resolve(why);
      controller.abort();
      for (const session of sessions) session.destroy();
    };
  });
  const dialed = async (role: Role): Promise<Duplex> => {
    const connection = await options.dial(signal);
    connection.on('error', () => {}); // `close` follows
    if (signal.aborted) connection.destroy();
    signal.addEventListener('abort', () => connection.destroy(), { once: true });
    await prove(connection, role, options.privateKey);
    return connection;
  };
  const watched = <Session extends Http2Session>(session: Session): Session => {
    sessions.push(session);
    let accepted = false;
    session.once('remoteSettings', () => {
      accepted = true;
    });
    session.once('close', () => end(accepted ? 'the connection to the cluster is cut' : refusedWords));
    return session;
  };
  const timer = setTimeout(
    () => end(`no way to the relay within ${options.withinMs / 1000} s`),
    options.withinMs,
  );
  try {
    const opened = await Promise.all([
      dialed('in').then((connection) => {
        const session = watched(serverSession(connection));
        session.on('stream', options.onStream);
        return settled(session, signal);
      }),
      dialed('out').then((connection) => settled(watched(clientSession(connection)), signal)),
    ]);
    const [inSession, out] = opened;
    return { out, beat: keepBeating(inSession, out, { ...options, signal }, end), ended };
  } catch (error) {
    end((error as Error).message);
    throw new Error(await ended);
  } finally {
    clearTimeout(timer);
  }
}

/** The other end's settings are its word that it has accepted this connection. */
async function settled<Session extends Http2Session>(
  session: Session,
  signal: AbortSignal,
): Promise<Session> {
  if (session.destroyed) throw new Error(refusedWords);
  const closed = new AbortController();
  session.once('close', () => closed.abort());
  await once(session, 'remoteSettings', { signal: AbortSignal.any([signal, closed.signal]) }).catch(() => {
    throw new Error(refusedWords);
  });
  return session;
}

const refusedWords =
  'the relay did not accept this connection: the way to it was cut, or the lane is of another session';

/** Heartbeats on `out`, which the relay answers each; on `in` HTTP/2's own pings. */
function keepBeating(
  inSession: Http2Session,
  out: ClientHttp2Session,
  { state, onRelayState, signal }: LinkOptions,
  end: (why: string) => void,
): () => void {
  const stream = out.request({ ':method': 'POST', ':path': statePath });
  stream.on('error', () => {}); // `close` follows
  stream.on('close', () => end('the relay ended'));
  let heardAt = Date.now();
  let inHeardAt = heardAt;
  let tickedAt = heardAt;
  let pinging = false;
  const ping = () => {
    if (pinging || inSession.destroyed) return;
    pinging = inSession.ping((error) => {
      pinging = false;
      if (!error) inHeardAt = Date.now();
    });
  };
  stream.on(
    'data',
    stateReader((relay) => {
      heardAt = Date.now();
      onRelayState(relay);
    }),
  );
  const beat = () => {
    ping();
    if (!stream.destroyed) stream.write(writeState(state()));
  };
  const timer = setInterval(() => {
    const now = Date.now();
    // Slept, or was stopped: what was said before says nothing, and the connection may be long gone.
    if (now - tickedAt > silentMs - afterSleepMs) heardAt = inHeardAt = now - silentMs + afterSleepMs;
    tickedAt = now;
    if (now - Math.min(heardAt, inHeardAt) > silentMs)
      return end(`the relay was silent for ${silentMs / 1000} s`);
    beat();
  }, heartbeatMs);
  const stop = () => clearInterval(timer);
  stream.once('close', stop);
  signal.addEventListener('abort', () => end('closed'), { once: true });
  beat();
  return beat;
}
