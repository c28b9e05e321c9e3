/** HTTP/2 on a connection that is there already, as client or as server (RFC 9113). */
import {
  type ClientHttp2Session,
  connect,
  type Http2Session,
  performServerHandshake,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a stream may have under way, or unread at its end. */
export const largestWindowBytes = 256 * 1024;
/** The same where memory is short. */
export const smallestWindowBytes = 4 * 1024;
/**
 * What all streams together may have under way. Node gives this window back when bytes arrive, not when they are read:
 * a stream that does not read holds up no other. It is no larger, as a heartbeat waits behind what is under way.
 */
const connectionWindowBytes = 1024 * 1024;
/** More than connections are taken: heartbeats and questions are streams, too. */
const maxConcurrentStreams = 1_100;
/** In MB. Beyond it node refuses new streams; its own limit of 10 is reached by 40 streams that do not read. */
const maxSessionMemory = 512;

const options = {
  maxSessionMemory,
  settings: { initialWindowSize: largestWindowBytes, maxConcurrentStreams, enablePush: false },
};

/** This end opens streams. */
export function clientSession(connection: Duplex): ClientHttp2Session {
  const session = connect('http://relay', { ...options, createConnection: () => connection as Socket });
  return prepare(session, connection);
}

/** The other end opens streams. */
export function serverSession(connection: Duplex): ServerHttp2Session {
  const { enablePush: _, ...settings } = options.settings;
  return prepare(performServerHandshake(connection, { ...options, settings }), connection);
}

function prepare<Session extends Http2Session>(session: Session, connection: Duplex): Session {
  const widen = () => session.setLocalWindowSize(connectionWindowBytes);
  if (session.connecting) session.once('connect', widen);
  else widen();
  // An error ends this session; whoever uses it sees it close.
  session.on('error', () => connection.destroy());
  session.on('goaway', () => session.destroy());
  // The other end is gone when it ends its side. To hear of it the connection has to flow, once the session has what was read.
  connection.once('end', () => session.destroy());
  connection.on('error', () => session.destroy());
  setImmediate(() => connection.resume());
  return session;
}

/** What each stream, also one that is open, may send to this end and have unread (RFC 9113, section 6.9.2). */
export function setWindow(session: Http2Session, windowBytes: number): void {
  const { closed, destroyed, localSettings, pendingSettingsAck } = session;
  if (closed || destroyed || pendingSettingsAck || localSettings.initialWindowSize === windowBytes) return;
  session.settings({ initialWindowSize: windowBytes });
}
