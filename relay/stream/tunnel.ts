/** One carried connection: a CONNECT stream to `host:port` (RFC 9113, section 8.5). */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { abort, type Joint, join } from './join.ts';

/** Why the other end has no connection to the target: an error's code, such as ECONNREFUSED. */
const reasonHeader = 'coloring-reason';
const connectWithinMs = 10_000;
/**
 * The other end sends a piece of each stream in turn (RFC 9218, section 4.2). Otherwise it serves the oldest first, and as
 * long as some old ones fill the connection's window a new one gets nothing through.
 */
const inTurns = 'i';

export interface Target {
  host: string;
  port: number;
}

class TunnelError extends Error {
  override readonly name = 'TunnelError';
  readonly code: string;

  constructor(authority: string, code: string) {
    super(`${authority} cannot be reached from the cluster: ${code}`);
    this.code = code;
  }
}

/** `host:port`, an IPv6 address in brackets. */
export function authorityOf({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The reverse; undefined for what is no such thing. */
export function readAuthority(text: string | undefined): Target | undefined {
  const found = /^(?:\[([\da-f:.]+)\]|([^:[\]/@\s]+)):(\d{1,5})$/i.exec(text ?? '');
  const port = Number(found?.[3]);
  if (!found || port < 1 || port > 65_535) return undefined;
  return { host: (found[1] ?? found[2]) as string, port };
}

/** Opens a stream. What is written to it goes out at once; where the other end has no connection, it breaks off. */
export function openStream(session: ClientHttp2Session, target: Target): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'CONNECT',
    ':authority': authorityOf(target),
    priority: inTurns,
  });
  stream.on('error', () => {}); // `close` follows
  stream.on('response', ({ ':status': status }) => {
    if (status !== 200) abort(stream);
  });
  return resetsWhenDestroyed(stream);
}

/** By itself Node tells the other end of a stream that is destroyed in its midst that all is well (NO_ERROR). */
function resetsWhenDestroyed(stream: ClientHttp2Stream): ClientHttp2Stream {
  const { destroy } = stream;
  stream.destroy = (error?: Error) => {
    const whole = stream.closed || (stream.readableEnded && stream.writableFinished);
    return destroy.call(stream, error ?? (whole ? undefined : new Error('broken off')));
  };
  return stream;
}

/**
 * Opens a stream and waits until the other end has its connection.
 * @throws TunnelError where it gets none
 */
export function openTunnel(session: ClientHttp2Session, target: Target): Promise<ClientHttp2Stream> {
  return new Promise((resolve, reject) => {
    const refused = (code: string) => reject(new TunnelError(authorityOf(target), code));
    const stream = openStream(session, target);
    stream.once('response', (headers) => {
      if (headers[':status'] === 200) resolve(stream);
      else refused(String(headers[reasonHeader] ?? headers[':status']));
    });
    stream.once('close', () => refused('the stream to the cluster is cut'));
  });
}

/**
 * Connects a stream that the other end has opened to its target. Returns the connection, which is not there yet.
 * @param joint `one` is the stream, `other` the connection
 */
export function acceptTunnel(stream: ServerHttp2Stream, target: Target, joint: Joint = {}): Socket {
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  const timer = setTimeout(() => refuse(stream, 'ETIMEDOUT'), connectWithinMs);
  const failed = (error: NodeJS.ErrnoException) => refuse(stream, error.code ?? error.message);
  socket.once('error', failed);
  socket.once('close', () => clearTimeout(timer));
  stream.on('error', () => {}); // `close` follows
  const gone = () => abort(socket);
  stream.once('close', gone);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.off('error', failed);
    stream.off('close', gone);
    if (stream.destroyed || stream.closed) return abort(socket);
    stream.respond({ ':status': 200 });
    join(stream, socket, joint);
  });
  return socket;
}

/** Answers a stream that gets no connection. */
export function refuse(stream: ServerHttp2Stream, reason: string): void {
  if (stream.destroyed || stream.closed) return;
  stream.on('error', () => {});
  stream.respond(
    { ':status': 502, [reasonHeader]: reason.replace(/[^\x20-\x7e]/g, '?') },
    { endStream: true },
  );
  stream.close(constants.NGHTTP2_NO_ERROR);
}
