/** WebSockets as the module's echo has them: what comes in goes back (RFC 6455), in frames of less than 126 bytes. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of every server, RFC 6455 section 1.3. */
const key = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const closing = 8;
const longestWaitMs = 10_000;

/** Takes the connection and echoes its messages. */
export function echoMessages(request: IncomingMessage, socket: Duplex): void {
  const accepted = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}${key}`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accepted}\r\n\r\n`,
  );
  socket.on('error', () => socket.destroy());
  let left = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    left = Buffer.concat([left, chunk]);
    for (;;) {
      const [head = 0, size = 0] = left;
      const length = size & 0x7f;
      // Two bytes, a mask of four, and the message.
      if (left.length < 6 + length) return;
      const mask = left.subarray(2, 6);
      const message = left.subarray(6, 6 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
      left = left.subarray(6 + length);
      socket.write(Buffer.concat([Buffer.from([head, length]), message]));
      if ((head & 0x0f) === closing) socket.end();
    }
  });
}

/** What is wrong with the echo at `url`: of a text, then of bytes. */
export async function webSocketProblems(url: string): Promise<string[]> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const message = async (): Promise<unknown> => {
    const [event] = await Promise.race([
      once(socket, 'message'),
      once(socket, 'error').then(() => [{ data: 'an error' }]),
      sleep(longestWaitMs, [{ data: 'nothing in 10 s' }], { ref: false }),
    ]);
    return (event as MessageEvent).data;
  };
  try {
    await Promise.race([once(socket, 'open'), once(socket, 'error')]);
    if (socket.readyState !== WebSocket.OPEN) return [`a WebSocket at ${url}: was refused`];
    const text = 'Websocket Support!';
    socket.send(text);
    const said = await message();
    if (said !== text) return [`the text ${text}: was ${said}`];
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7]);
    socket.send(bytes);
    const back = await message();
    const isSame = back instanceof ArrayBuffer && bytes.equals(Buffer.from(back));
    return isSame ? [] : [`the bytes 1 to 7: were ${back}`];
  } finally {
    socket.close();
  }
}
