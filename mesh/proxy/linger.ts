/** How the connection of a client ends after its last answer. */
import type { Duplex } from 'node:stream';

/** Envoy's default delayed_close_timeout. */
const lingerMs = 1_000;

/**
 * Sends what is written, then the end, and closes. For a moment it goes on reading, as a connection that is closed over
 * unread bytes is reset, and the client may lose its answer to that; a client that does not leave is cut off.
 * @param last goes out before the end.
 */
export function endSoon(socket: Duplex, last?: string): void {
  socket.end(last);
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(cut));
}
