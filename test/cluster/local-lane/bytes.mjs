/** A program of somebody's computer that answers with more than a version: many bytes, events, a WebSocket's echo. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const piece = Buffer.alloc(64 * 1024, 'traffic coloring ');

/** So many bytes, as fast as they are read. */
async function down(response, bytes) {
  response.writeHead(200, { 'content-length': bytes });
  for (let left = bytes; left > 0; left -= piece.length) {
    if (response.destroyed) return;
    if (!response.write(piece.subarray(0, Math.min(left, piece.length))))
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

function up(request, response) {
  const hash = createHash('sha256');
  request.on('data', (chunk) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')));
}

function events(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let count = 0;
  const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 100);
  response.on('close', () => clearInterval(timer));
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
  if (pathname === '/down') down(response, Number(searchParams.get('bytes')));
  else if (pathname === '/up') up(request, response);
  else if (pathname === '/events') events(response);
  else response.end('ok');
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  // frames as they came would be masked: an echo of the payload, short and whole
  socket.on('error', () => {});
  socket.on('data', (frame) => {
    const length = frame[1] & 0x7f;
    const mask = frame.subarray(2, 6);
    const payload = frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]);
    socket.write(Buffer.concat([Buffer.from([0x81, length]), payload]));
  });
});
server.listen(Number(process.env.PORT));
