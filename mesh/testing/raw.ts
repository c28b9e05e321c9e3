/** For tests: bytes to a proxy as they are, which no HTTP client would send. */
import { connect, type Socket } from 'node:net';

/** Opens a connection and writes `bytes`, each character of them one byte. */
export function open(url: string, bytes: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // How a connection ends is told by what came before.
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  return socket;
}

/** All that comes until the proxy closes the connection, or until `enough` holds. */
export async function answersTo(
  url: string,
  bytes: string,
  enough: (text: string) => boolean = () => false,
): Promise<string> {
  const socket = open(url, bytes);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    text += chunk;
    if (enough(text)) break;
  }
  return text;
}

/** The statuses of all answers in `text`. */
function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** The statuses of the first `count` answers, or of fewer where the proxy closes the connection before. */
export async function statusesOf(url: string, bytes: string, count = 1): Promise<number[]> {
  return statuses(await answersTo(url, bytes, (text) => statuses(text).length >= count));
}
