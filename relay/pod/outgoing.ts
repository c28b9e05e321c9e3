/** What the computer asks of the relay on `out`: connections into the mesh, names, and its heartbeats. */
import { lookup } from 'node:dns/promises';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { resolvePath, type State, statePath, stateReader, writeState } from '../stream/heartbeat.ts';
import { acceptTunnel, readAuthority, refuse } from '../stream/tunnel.ts';
import type { Backlog } from './backlog.ts';

export interface OutgoingOptions {
  /** A heartbeat; what the relay says of itself goes back. */
  onState: (state: State) => State;
  backlog: Backlog;
}

/** Answers what comes on a session of the role `out`. */
export function answerOutgoing(session: ServerHttp2Session, { onState, backlog }: OutgoingOptions): void {
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {}); // `close` follows
    if (stream.destroyed) return; // reset in the same breath
    if (headers[':method'] === 'CONNECT') {
      const target = readAuthority(headers[':authority']);
      if (!target) return refuse(stream, 'no host:port');
      if (backlog.isFull) return refuse(stream, 'too many connections');
      return backlog.add(stream, acceptTunnel(stream, target));
    }
    const { pathname, searchParams } = new URL(headers[':path'] ?? '/', 'http://relay');
    if (pathname === statePath) return answerStates(stream, onState);
    if (pathname === resolvePath) return void answerResolve(stream, searchParams.get('host') ?? '');
    stream.respond({ ':status': 404 }, { endStream: true });
  });
}

function answerStates(stream: ServerHttp2Stream, onState: OutgoingOptions['onState']): void {
  stream.respond({ ':status': 200 });
  // an end that does not read is sent nothing more
  const read = stateReader((state) => {
    const own = onState(state);
    if (stream.writableLength < 4_096) stream.write(writeState(own));
  });
  stream.on('data', read);
  stream.on('end', () => stream.end());
}

async function answerResolve(stream: ServerHttp2Stream, host: string): Promise<void> {
  const status = await lookup(host).then(
    () => 200,
    // Any other error (EAI_AGAIN) says nothing of the name.
    (error: NodeJS.ErrnoException) => (error.code === 'ENOTFOUND' ? 404 : 503),
  );
  if (!stream.destroyed) stream.respond({ ':status': status }, { endStream: true });
}
